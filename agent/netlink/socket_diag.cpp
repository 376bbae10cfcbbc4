// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/socket_diag.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>

#include "netlink/attributes.hpp"

namespace ktls {
namespace {

struct DiagRequest {
  nlmsghdr header;
  inet_diag_req_v2 request;
};
static_assert(sizeof(DiagRequest) == NLMSG_LENGTH(sizeof(inet_diag_req_v2)));

constexpr std::uint32_t all_states = ~0U;

void put_address(const sockaddr_storage& from, __be32 (&address)[4], __be16& port) {
  if (from.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from, sizeof v4);
    address[0] = v4.sin_addr.s_addr;
    port = v4.sin_port;
  } else if (from.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &from, sizeof v6);
    std::memcpy(address, &v6.sin6_addr, sizeof v6.sin6_addr);
    port = v6.sin6_port;
  }
}

sockaddr_storage address_from(std::uint8_t family, const __be32 (&address)[4], __be16 port) {
  sockaddr_storage out{};
  if (family == AF_INET) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = address[0];
    v4.sin_port = port;
    std::memcpy(&out, &v4, sizeof v4);
  } else if (family == AF_INET6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address, sizeof v6.sin6_addr);
    v6.sin6_port = port;
    std::memcpy(&out, &v6, sizeof v6);
  }
  return out;
}

std::uint64_t cookie_from(const inet_diag_sockid& id) {
  return std::uint64_t{id.idiag_cookie[1]} << 32 | id.idiag_cookie[0];
}

Result<DiagTls> read_tls(netlink::Bytes bytes) {
  DiagTls out;
  while (!bytes.empty()) {
    const auto attribute = TRY(netlink::take_attribute(bytes));
    switch (attribute.type) {
    case TLS_INFO_VERSION:
      out.version = TRY(netlink::number<std::uint16_t>(attribute, "TLS_INFO_VERSION"));
      break;
    case TLS_INFO_CIPHER:
      out.cipher = TRY(netlink::number<std::uint16_t>(attribute, "TLS_INFO_CIPHER"));
      break;
    case TLS_INFO_TXCONF:
      out.transmit = TRY(netlink::number<std::uint16_t>(attribute, "TLS_INFO_TXCONF"));
      break;
    case TLS_INFO_RXCONF:
      out.receive = TRY(netlink::number<std::uint16_t>(attribute, "TLS_INFO_RXCONF"));
      break;
    default:
      break;
    }
  }
  return out;
}

// The first attribute of this type; none: there is none.
Result<std::optional<netlink::Bytes>> find_attribute(netlink::Bytes bytes, std::uint16_t type) {
  while (!bytes.empty()) {
    const auto attribute = TRY(netlink::take_attribute(bytes));
    if (attribute.type == type)
      return attribute.payload;
  }
  return std::nullopt;
}

Result<DiagSocket> read_socket(netlink::Bytes payload) {
  if (payload.size() < sizeof(inet_diag_msg))
    return invalid("a socket of sock_diag is cut off");
  const auto message = netlink::load<inet_diag_msg>(payload);
  DiagSocket out;
  const auto& id = message.id;
  out.connection = {address_from(message.idiag_family, id.idiag_src, id.idiag_sport),
                    address_from(message.idiag_family, id.idiag_dst, id.idiag_dport),
                    cookie_from(id)};
  out.uid = message.idiag_uid;
  out.inode = message.idiag_inode;
  out.state = message.idiag_state;
  const auto attributes = netlink::drop(payload, netlink::align(sizeof(inet_diag_msg)));
  const auto upper = TRY(find_attribute(attributes, INET_DIAG_ULP_INFO));
  if (!upper)
    return out;
  if (const auto tls = TRY(find_attribute(*upper, INET_ULP_INFO_TLS)))
    out.tls = TRY(read_tls(*tls));
  return out;
}

Result<DiagMessage> read_message(const nlmsghdr& header, netlink::Bytes payload) {
  DiagMessage message;
  message.sequence = header.nlmsg_seq;
  if (header.nlmsg_type == NLMSG_DONE) {
    message.done = true;
  } else if (header.nlmsg_type == NLMSG_ERROR) {
    if (payload.size() < sizeof(int))
      return invalid("an error of sock_diag is cut off");
    message.error = -netlink::load<int>(payload);
  } else {
    message.socket = TRY(read_socket(payload));
  }
  return message;
}

DiagQuery query_for(const DiagConnection& connection, std::uint16_t type, std::uint16_t flags) {
  DiagQuery query{type, flags, static_cast<std::uint8_t>(connection.local.ss_family), all_states};
  query.local = connection.local;
  query.remote = connection.remote;
  query.cookie = connection.cookie;
  return query;
}

} // namespace

std::vector<std::byte> build_diag_query(const DiagQuery& query, std::uint32_t sequence) {
  DiagRequest message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = query.type;
  message.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | query.flags);
  message.header.nlmsg_seq = sequence;
  message.request.sdiag_family = query.family;
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_states = query.states;
  // INET_DIAG_INFO brings along what else there is: inet_sk_diag_fill() in net/ipv4/inet_diag.c
  if (query.wants_upper_protocol)
    message.request.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  auto& id = message.request.id;
  put_address(query.local, id.idiag_src, id.idiag_sport);
  put_address(query.remote, id.idiag_dst, id.idiag_dport);
  id.idiag_cookie[0] = static_cast<std::uint32_t>(query.cookie);
  id.idiag_cookie[1] = static_cast<std::uint32_t>(query.cookie >> 32);
  const auto bytes = std::as_bytes(std::span(&message, 1));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> build_destroy_query(const DiagConnection& connection,
                                           std::uint32_t sequence) {
  return build_diag_query(query_for(connection, SOCK_DESTROY, NLM_F_ACK), sequence);
}

std::vector<std::byte> build_tls_query(const DiagConnection& connection, std::uint32_t sequence) {
  auto query = query_for(connection, SOCK_DIAG_BY_FAMILY, 0);
  query.wants_upper_protocol = true;
  return build_diag_query(query, sequence);
}

std::vector<std::byte> build_dump_query(std::uint8_t family, DumpDetail detail,
                                        std::uint32_t sequence) {
  constexpr std::uint32_t not_meant = 1U << TCP_LISTEN | 1U << TCP_TIME_WAIT;
  DiagQuery query{SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family, all_states & ~not_meant};
  query.wants_upper_protocol = detail == DumpDetail::UpperProtocols;
  return build_diag_query(query, sequence);
}

Result<std::vector<DiagMessage>> read_diag(std::span<const std::byte> datagram) {
  std::vector<DiagMessage> all;
  auto rest = datagram;
  while (!rest.empty()) {
    if (rest.size() < sizeof(nlmsghdr))
      return invalid("a message of sock_diag is cut off");
    const auto header = netlink::load<nlmsghdr>(rest);
    if (header.nlmsg_len < sizeof(nlmsghdr) || header.nlmsg_len > rest.size())
      return invalid("a message of sock_diag has no length that is possible");
    const auto payload = rest.first(header.nlmsg_len).subspan(sizeof(nlmsghdr));
    const bool known = header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR ||
                       header.nlmsg_type == SOCK_DIAG_BY_FAMILY;
    if (known)
      all.push_back(TRY(read_message(header, payload)));
    rest = netlink::drop(rest, netlink::align(header.nlmsg_len));
  }
  return all;
}

} // namespace ktls
