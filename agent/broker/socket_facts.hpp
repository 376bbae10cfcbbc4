// SPDX-License-Identifier: GPL-2.0-or-later
// SocketFacts: what the kernel tells of an application's socket, beside its addresses: in which
// network namespace it is, and whether it was accepted or connected.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "netlink/listener_lookup.hpp"
#include "policy/policy.hpp"

namespace ktls {

class SocketFacts {
public:
  // The network namespace that this thread is in is our own.
  SocketFacts();

  // Whether the direction can be found out, now.
  [[nodiscard]] Result<> try_direction();

  // That of `socket` has this name.
  void add_network_namespace(int socket, const std::string& name);

  // A socket of another network namespace than those that are known has none here, and its
  // direction is not known: its listeners are hidden from us.
  void add_to(policy::Facts& facts, int socket, const policy::AskedFacts& asked);

private:
  [[nodiscard]] std::string network_namespace_of(int socket) const;

  std::map<std::uint64_t, std::string> namespaces_; // by cookie
  std::optional<ListenerLookup> listeners_;
};

} // namespace ktls
