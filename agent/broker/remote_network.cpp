// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/remote_network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace ktls {
namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t network_bytes = 8; // of a /64

bool is_mapped(const std::array<std::uint8_t, 16>& bytes) {
  return std::equal(mapped.begin(), mapped.end(), bytes.begin());
}

} // namespace

std::optional<RemoteNetwork> RemoteNetwork::of(const sockaddr_storage& address) {
  std::array<std::uint8_t, 16> bytes{};
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    std::copy(mapped.begin(), mapped.end(), bytes.begin());
    std::memcpy(bytes.data() + mapped.size(), &v4.sin_addr, sizeof v4.sin_addr);
    return RemoteNetwork(bytes);
  }
  if (address.ss_family != AF_INET6)
    return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  if (!is_mapped(bytes))
    std::fill(bytes.begin() + network_bytes, bytes.end(), std::uint8_t{0});
  return RemoteNetwork(bytes);
}

std::string RemoteNetwork::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (is_mapped(bytes_)) {
    (void)::inet_ntop(AF_INET, bytes_.data() + mapped.size(), out.data(), out.size());
    return out.data();
  }
  (void)::inet_ntop(AF_INET6, bytes_.data(), out.data(), out.size());
  return std::string(out.data()) + "/64";
}

} // namespace ktls
