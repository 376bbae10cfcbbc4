// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/socket_facts.hpp"

#include <sys/socket.h>

#include "base/fd.hpp"
#include "base/log.hpp"
#include "broker/socket_address.hpp"
#include "broker/socket_identity.hpp"

namespace ktls {

SocketFacts::SocketFacts() {
  const Fd here(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  add_network_namespace(here.get(), std::string(policy::own_network_namespace));
}

Result<> SocketFacts::try_direction() {
  if (!listeners_)
    listeners_.emplace(TRY(ListenerLookup::create()));
  return listeners_->try_out();
}

void SocketFacts::add_network_namespace(int socket, const std::string& name) {
  if (const auto cookie = network_namespace_cookie(socket))
    namespaces_.emplace(*cookie, name);
}

std::string SocketFacts::network_namespace_of(int socket) const {
  const auto cookie = network_namespace_cookie(socket);
  const auto found = cookie ? namespaces_.find(*cookie) : namespaces_.end();
  return found == namespaces_.end() ? "" : found->second;
}

// A connection whose local end is one that somebody listens on was accepted there: the other end
// could not have chosen it, and connect() takes no port that is listened on.
void SocketFacts::add_to(policy::Facts& facts, int socket, const policy::AskedFacts& asked) {
  if (!asked.network_namespace && !asked.direction)
    return;
  facts.network_namespace = network_namespace_of(socket);
  if (!asked.direction || !listeners_ || facts.network_namespace != policy::own_network_namespace)
    return;
  const auto local = addresses_of(socket).local;
  const auto address = IpAddress::of(local);
  if (!address)
    return;
  const auto found = listeners_->listens(*address, port_of(local));
  if (found)
    facts.direction = *found ? policy::Direction::Inbound : policy::Direction::Outbound;
  else
    log::debug("{}", found.error().message());
}

} // namespace ktls
