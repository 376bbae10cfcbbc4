// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/socket_facts.hpp"

#include <sys/socket.h>

#include "base/fd.hpp"
#include "base/log.hpp"
#include "broker/socket_address.hpp"

#ifndef SO_NETNS_COOKIE // Linux 5.14
#define SO_NETNS_COOKIE 71
#endif

namespace ktls {
namespace {

std::optional<std::uint64_t> cookie_of(int socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (::getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0)
    return std::nullopt;
  return cookie;
}

} // namespace

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
  if (const auto cookie = cookie_of(socket))
    namespaces_.emplace(*cookie, name);
}

std::string SocketFacts::network_namespace_of(int socket) const {
  const auto cookie = cookie_of(socket);
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
