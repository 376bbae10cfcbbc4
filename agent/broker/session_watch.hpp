// SPDX-License-Identifier: GPL-2.0-or-later
// SessionWatch: keeps the registry true to the kernel: what ends there, ends here.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/sessions.hpp"
#include "netlink/tcp_sockets.hpp"

namespace ktls {

class SessionWatch {
public:
  // Both must outlive it.
  SessionWatch(EventLoop& loop, Sessions& sessions) : loop_(loop), sessions_(sessions) {}

  // From here on the sessions of this network namespace are followed.
  Result<> follow(TcpSockets sockets);

  // Takes it into the registry, while its socket is open; its cookie. Not one of a network
  // namespace that is not followed: its end would not be seen.
  std::optional<Sessions::Cookie> add(Session session, int socket);

  // All connections with kernel TLS that are not in the registry, of the namespaces that are
  // followed: those of others.
  [[nodiscard]] std::vector<Session> foreign();
  // What was in the registry of an earlier agent is put into this one, if it is still open. Ends
  // that nobody saw are told as any other; what is of a namespace that is not followed any more is
  // not.
  void restore(std::vector<Session> sessions);
  // What an earlier agent may have secured, and could not hand over: all connections with kernel
  // TLS that there are. Nothing but what the kernel says is known of them.
  void recover();
  // Of one of the sessions; none: the kernel does not tell.
  [[nodiscard]] std::optional<DiagTls> tls_of(const Session& session);
  // Of this network namespace; null: not followed.
  [[nodiscard]] TcpSockets* sockets_of(std::uint64_t network_namespace);
  [[nodiscard]] bool follows_any() const { return !spaces_.empty(); }
  // Whether the kernel ends connections when we ask it to.
  [[nodiscard]] bool can_destroy();

private:
  // Every TCP socket that ends is told, and on a busy host that is many times what is ours: they
  // are taken this often, some at a time.
  static constexpr std::chrono::milliseconds pause{100};
  struct Space {
    TcpSockets sockets;
    EventSource readable;
    EventSource timer;
  };
  void on_ends(std::uint64_t network_namespace);
  void keep_alive(std::uint64_t network_namespace, TcpSockets& sockets);

  EventLoop& loop_;
  Sessions& sessions_;
  std::map<std::uint64_t, Space> spaces_; // by cookie
};

} // namespace ktls
