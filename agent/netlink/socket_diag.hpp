// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of sock_diag(7) about TCP sockets. Pure.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace ktls {

// A connection as sock_diag finds it.
struct DiagConnection {
  sockaddr_storage local; // AF_INET or AF_INET6
  sockaddr_storage remote;
  std::uint64_t cookie; // SO_COOKIE: of this socket, and of no other since the kernel started
};

// A message of sock_diag for one socket, or with NLM_F_DUMP for all of a family that are in one of
// these states (a bit for each of the kernel's TCP_*). `local_port` 0, and no address: any.
struct DiagQuery {
  std::uint16_t type;
  std::uint16_t flags;
  std::uint8_t family;
  std::uint32_t states;
  sockaddr_storage local{};
  sockaddr_storage remote{};
  std::uint64_t cookie = any_cookie;
  bool wants_upper_protocol = false; // ULP: what is on top of TCP. Needs CAP_NET_ADMIN

  static constexpr std::uint64_t any_cookie = ~std::uint64_t{0}; // INET_DIAG_NOCOOKIE, twice
};
[[nodiscard]] std::vector<std::byte> build_diag_query(const DiagQuery& query,
                                                      std::uint32_t sequence);

// To end it as if the network had: its owner gets ECONNABORTED. Needs CAP_NET_ADMIN, and a kernel
// with CONFIG_INET_DIAG_DESTROY.
[[nodiscard]] std::vector<std::byte> build_destroy_query(const DiagConnection& connection,
                                                         std::uint32_t sequence);
// What is on top of TCP in it: its DiagSocket::tls. Needs CAP_NET_ADMIN.
[[nodiscard]] std::vector<std::byte> build_tls_query(const DiagConnection& connection,
                                                     std::uint32_t sequence);
// All of a family that are connected, or are still about to be closed.
enum class DumpDetail { Sockets, UpperProtocols };
[[nodiscard]] std::vector<std::byte> build_dump_query(std::uint8_t family, DumpDetail detail,
                                                      std::uint32_t sequence);

// Of kernel TLS on a socket, as the kernel numbers it; 0: not told.
struct DiagTls {
  std::uint16_t version = 0;  // 0x0303, 0x0304
  std::uint16_t cipher = 0;   // TLS_CIPHER_*
  std::uint16_t transmit = 0; // TLS_CONF_*: who encrypts
  std::uint16_t receive = 0;
};

struct DiagSocket {
  DiagConnection connection{};
  std::uint32_t uid = 0;
  std::uint32_t inode = 0;
  std::uint8_t state = 0; // the kernel's TCP_*
  std::optional<DiagTls> tls;
};

// One message of a datagram: a socket, or what ends the answer.
struct DiagMessage {
  std::uint32_t sequence = 0;
  bool done = false;        // NLMSG_DONE
  std::optional<int> error; // of NLMSG_ERROR; 0: it was done
  std::optional<DiagSocket> socket;
};
// An error when one is cut off. Messages of other types are left out.
[[nodiscard]] Result<std::vector<DiagMessage>> read_diag(std::span<const std::byte> datagram);

} // namespace ktls
