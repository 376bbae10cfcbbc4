// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/listener_lookup.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ktls {
namespace {

struct Query {
  nlmsghdr header;
  inet_diag_req_v2 request;
};
static_assert(sizeof(Query) == NLMSG_LENGTH(sizeof(inet_diag_req_v2)));

constexpr int max_foreign = 8; // datagrams that are not the answer

} // namespace

std::vector<std::byte> build_listener_query(const IpAddress& address, std::uint16_t port,
                                            std::uint32_t sequence) {
  Query query{};
  query.header.nlmsg_len = sizeof query;
  query.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  query.header.nlmsg_flags = NLM_F_REQUEST;
  query.header.nlmsg_seq = sequence;
  query.request.sdiag_family = address.is_v4() ? AF_INET : AF_INET6;
  query.request.sdiag_protocol = IPPROTO_TCP;
  query.request.idiag_states = ~0U;
  // without a remote end no connection is found, and then the kernel looks for a listener
  query.request.id.idiag_sport = htons(port);
  (void)::inet_pton(query.request.sdiag_family, address.text().c_str(),
                    &query.request.id.idiag_src[0]);
  query.request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  query.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  const auto bytes = std::as_bytes(std::span(&query, 1));
  return {bytes.begin(), bytes.end()};
}

Result<bool> read_listener_answer(std::span<const std::byte> datagram, std::uint32_t sequence) {
  nlmsghdr header{};
  if (datagram.size() < sizeof header)
    return invalid("an answer of sock_diag is cut off");
  std::memcpy(&header, datagram.data(), sizeof header);
  const auto payload = datagram.subspan(sizeof header);
  if (header.nlmsg_seq != sequence)
    return invalid("an answer of sock_diag to another question");
  if (header.nlmsg_type == NLMSG_ERROR) {
    int error = 0;
    if (payload.size() < sizeof error)
      return invalid("an error of sock_diag is cut off");
    std::memcpy(&error, payload.data(), sizeof error);
    if (error == -ENOENT)
      return false;
    return errno_error("asking sock_diag for a listener", -error);
  }
  inet_diag_msg found{};
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || payload.size() < sizeof found)
    return invalid("an answer of sock_diag that is none");
  std::memcpy(&found, payload.data(), sizeof found);
  constexpr std::uint8_t tcp_listen = 10; // TCP_LISTEN of the kernel's enum
  return found.idiag_state == tcp_listen;
}

Result<ListenerLookup> ListenerLookup::create() {
  auto socket = std::make_unique<NetlinkSocket>(TRY(NetlinkSocket::create(NETLINK_SOCK_DIAG)));
  TRY(socket->connect_to_kernel());
  return ListenerLookup(std::move(socket));
}

Result<> ListenerLookup::try_out() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof own;
  auto* address = reinterpret_cast<sockaddr*>(&own);
  if (!socket || ::bind(socket.get(), address, size) < 0 || ::listen(socket.get(), 1) < 0 ||
      ::getsockname(socket.get(), address, &size) < 0)
    return errno_error("listening on the loopback interface, to try sock_diag out");
  if (!TRY(listens(*IpAddress::parse("127.0.0.1"), ntohs(own.sin_port))))
    return invalid("the kernel's sock_diag does not know of a socket that listens");
  return {};
}

Result<bool> ListenerLookup::listens(const IpAddress& address, std::uint16_t port) {
  const auto sequence = ++sequence_;
  TRY(port_->send(build_listener_query(address, port, sequence)));
  std::array<std::byte, 4096> room{};
  for (int i = 0; i < max_foreign; ++i) {
    const auto received = port_->receive(room);
    if (!received)
      return errno_error("waiting for sock_diag", received.error());
    nlmsghdr header{};
    if (!received->from_kernel || received->bytes.size() < sizeof header)
      continue;
    std::memcpy(&header, received->bytes.data(), sizeof header);
    if (header.nlmsg_seq == sequence) // an earlier one may have come late
      return read_listener_answer(received->bytes, sequence);
  }
  return invalid("sock_diag gave no answer");
}

} // namespace ktls
