// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/remote_network.hpp"

namespace ktls {
namespace {

constexpr unsigned network_bits = 64;

} // namespace

std::optional<RemoteNetwork> RemoteNetwork::of(const sockaddr_storage& address) {
  const auto its = IpAddress::of(address);
  if (!its)
    return std::nullopt;
  return RemoteNetwork(its->is_v4() ? *its : its->first_with(network_bits));
}

std::string RemoteNetwork::text() const {
  return first_.is_v4() ? first_.text() : first_.text() + "/64";
}

} // namespace ktls
