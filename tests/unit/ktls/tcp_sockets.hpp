// SPDX-License-Identifier: GPL-2.0-or-later
// TCP sockets on the loopback interface for tests.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <utility>

#include "base/fd.hpp"

namespace ktls::test {

inline std::pair<sockaddr_storage, socklen_t> loopback(int family) {
  sockaddr_storage address{};
  address.ss_family = static_cast<sa_family_t>(family);
  if (family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
    return {address, sizeof(sockaddr_in6)};
  }
  reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return {address, sizeof(sockaddr_in)};
}

inline Fd tcp_socket(int family = AF_INET) {
  return Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
}

// None where the host has no such loopback address.
inline std::optional<Fd> listening_socket(int family = AF_INET) {
  const auto [address, size] = loopback(family);
  Fd listener = tcp_socket(family);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size) < 0 ||
      ::listen(listener.get(), 1) < 0)
    return std::nullopt;
  return listener;
}

struct TcpPair {
  Fd client;
  Fd server;
};

// None where the host has no such loopback address.
inline std::optional<TcpPair> connected_pair(int family = AF_INET) {
  const auto listener = listening_socket(family);
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (!listener || ::getsockname(listener->get(), any, &size) < 0)
    return std::nullopt;
  TcpPair pair{tcp_socket(family), Fd()};
  if (::connect(pair.client.get(), any, size) < 0)
    return std::nullopt;
  pair.server = Fd(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
  return pair;
}

} // namespace ktls::test
