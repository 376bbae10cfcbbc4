// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/listener_lookup.hpp"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "netlink/socket_diag.hpp"

namespace ktls {
namespace {

constexpr int max_foreign = 8; // datagrams that are not the answer

} // namespace

std::vector<std::byte> build_listener_query(const IpAddress& address, std::uint16_t port,
                                            std::uint32_t sequence) {
  // without a remote end no connection is found, and then the kernel looks for a listener
  DiagQuery query{SOCK_DIAG_BY_FAMILY, 0,
                  static_cast<std::uint8_t>(address.is_v4() ? AF_INET : AF_INET6), ~0U};
  query.local = address.with_port(port);
  return build_diag_query(query, sequence);
}

Result<bool> read_listener_answer(std::span<const std::byte> datagram, std::uint32_t sequence) {
  const auto messages = TRY(read_diag(datagram));
  if (messages.empty() || messages.front().sequence != sequence)
    return invalid("an answer of sock_diag to another question");
  const auto& answer = messages.front();
  if (answer.error == ENOENT)
    return false;
  if (answer.error)
    return errno_error("asking sock_diag for a listener", *answer.error);
  if (!answer.socket)
    return invalid("an answer of sock_diag that is none");
  return answer.socket->state == TCP_LISTEN;
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
