// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/socket_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace ktls {
namespace {

template<class Get>
sockaddr_storage ask(int socket, Get get) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (get(socket, reinterpret_cast<sockaddr*>(&address), &size) < 0)
    address.ss_family = AF_UNSPEC;
  return address;
}

} // namespace

std::string describe(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    (void)::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    (void)::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return fmt::format("[{}]:{}", text.data(), ntohs(v6.sin6_port));
  }
  return "?";
}

std::uint16_t port_of(const sockaddr_storage& address) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (address.ss_family == AF_INET) {
    std::memcpy(&v4, &address, sizeof v4);
    return ntohs(v4.sin_port);
  }
  if (address.ss_family != AF_INET6)
    return 0;
  std::memcpy(&v6, &address, sizeof v6);
  return ntohs(v6.sin6_port);
}

ConnectionAddresses addresses_of(int socket) {
  return {ask(socket, ::getsockname), ask(socket, ::getpeername)};
}

std::string describe(const ConnectionAddresses& addresses) {
  return describe(addresses.local) + " - " + describe(addresses.remote);
}

std::string describe_connection(int socket) {
  return describe(addresses_of(socket));
}

} // namespace ktls
