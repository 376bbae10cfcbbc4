// SPDX-License-Identifier: GPL-2.0-or-later
// The addresses of a connection.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace ktls {

// AF_UNSPEC where there is none.
struct ConnectionAddresses {
  sockaddr_storage local;
  sockaddr_storage remote;
};

[[nodiscard]] ConnectionAddresses addresses_of(int socket);

// 0 where there is none.
[[nodiscard]] std::uint16_t port_of(const sockaddr_storage& address);

// "127.0.0.1:2049"
[[nodiscard]] std::string describe(const sockaddr_storage& address);
// "127.0.0.1:2049 - 127.0.0.1:821": local, then remote; "[::1]:22" for IPv6; "?" for what is
// neither.
[[nodiscard]] std::string describe(const ConnectionAddresses& addresses);
[[nodiscard]] std::string describe_connection(int socket);

} // namespace ktls
