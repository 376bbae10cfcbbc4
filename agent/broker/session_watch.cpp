// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_watch.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "broker/session_view.hpp"
#include "broker/socket_identity.hpp"

namespace ktls {

Result<> SessionWatch::follow(TcpSockets sockets) {
  const auto cookie = network_namespace_cookie(sockets.fd());
  if (!cookie)
    return errno_error("finding out which network namespace a socket is in");
  auto readable = TRY(loop_.on_io(sockets.fd(), EPOLLIN, [this, space = *cookie](std::uint32_t) { //
    on_ends(space);
  }));
  spaces_.insert_or_assign(*cookie, Space{std::move(sockets), std::move(readable), {}});
  return {};
}

std::optional<Sessions::Cookie> SessionWatch::add(Session session, int socket) {
  const auto cookie = socket_cookie(socket);
  const auto space = network_namespace_cookie(socket);
  const auto inode = socket_inode(socket);
  if (!cookie || !inode || !space || !spaces_.contains(*space))
    return std::nullopt;
  session.cookie = *cookie;
  session.network_namespace = *space;
  session.inode = *inode;
  sessions_.add(std::move(session));
  return cookie;
}

TcpSockets* SessionWatch::sockets_of(std::uint64_t network_namespace) {
  const auto found = spaces_.find(network_namespace);
  return found == spaces_.end() ? nullptr : &found->second.sockets;
}

std::vector<Session> SessionWatch::foreign() {
  std::vector<Session> out;
  for (auto& [cookie, space] : spaces_) {
    const auto found = space.sockets.with_tls();
    if (!found) {
      log::warning("sessions of others are not listed: {}", found.error().message());
      continue;
    }
    for (const auto& socket : *found) {
      if (sessions_.find(socket.connection.cookie) != nullptr)
        continue;
      out.push_back(foreign_session(socket));
      out.back().network_namespace = cookie;
    }
  }
  std::ranges::sort(out, {}, &Session::cookie);
  return out;
}

void SessionWatch::restore(std::vector<Session> sessions) {
  const auto before = sessions.size();
  std::erase_if(sessions, [&](const Session& session) {
    return !spaces_.contains(session.network_namespace);
  });
  if (sessions.size() < before)
    log::warning(
        "{} sessions of before are not followed any more: their network namespaces are not "
        "those of now",
        before - sessions.size());
  for (auto& session : sessions)
    sessions_.add(std::move(session));
  for (auto& [cookie, space] : spaces_)
    keep_alive(cookie, space.sockets);
}

void SessionWatch::recover() {
  for (auto& session : foreign()) {
    session.recovered = true;
    sessions_.add(std::move(session));
  }
}

std::optional<DiagTls> SessionWatch::tls_of(const Session& session) {
  auto* sockets = sockets_of(session.network_namespace);
  if (sockets == nullptr)
    return std::nullopt;
  const auto tls =
      sockets->tls_of({session.addresses.local, session.addresses.remote, session.cookie});
  return tls ? *tls : std::nullopt;
}

bool SessionWatch::can_destroy() {
  return !spaces_.empty() && spaces_.begin()->second.sockets.can_destroy();
}

void SessionWatch::on_ends(std::uint64_t network_namespace) {
  auto& space = spaces_.at(network_namespace);
  auto& sockets = space.sockets;
  set_enabled(space.readable, false);
  auto timer = loop_.on_time(loop_.now() + pause, [&space] { set_enabled(space.readable, true); });
  check(timer.has_value(), "a timer can be set");
  space.timer = std::move(*timer);
  const auto ends = sockets.take_ends();
  if (!ends) {
    log::error("{}: sessions that end go on being listed", ends.error().message());
    spaces_.erase(network_namespace);
    return;
  }
  for (const auto cookie : ends->cookies)
    sessions_.remove(cookie);
  if (ends->some_were_lost)
    keep_alive(network_namespace, sockets);
}

void SessionWatch::keep_alive(std::uint64_t network_namespace, TcpSockets& sockets) {
  const auto alive = sockets.alive();
  if (alive)
    sessions_.keep_alive(network_namespace, *alive);
  else
    log::warning("sessions may be listed that have ended: {}", alive.error().message());
}

} // namespace ktls
