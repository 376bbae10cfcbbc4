// SPDX-License-Identifier: GPL-2.0-or-later
// RemoteNetwork: who a peer is counted as: an IPv4 address, or the /64 of an IPv6 one, since
// whoever has one address of a /64 commonly has all.
#pragma once

#include <sys/socket.h>

#include <compare>
#include <optional>
#include <string>

#include "base/ip_address.hpp"

namespace ktls {

class RemoteNetwork {
public:
  // None for what is neither IPv4 nor IPv6. An IPv4-mapped address is IPv4.
  [[nodiscard]] static std::optional<RemoteNetwork> of(const sockaddr_storage& address);

  // "192.0.2.1" or "2001:db8:0:1::/64"
  [[nodiscard]] std::string text() const;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes it for a null pointer
  auto operator<=>(const RemoteNetwork&) const = default;

private:
  explicit RemoteNetwork(const IpAddress& first) : first_(first) {}

  IpAddress first_; // of the network
};

} // namespace ktls
