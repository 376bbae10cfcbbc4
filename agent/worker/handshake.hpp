// SPDX-License-Identifier: GPL-2.0-or-later
// Handshake: one socket on its way from clear text to kernel TLS.
#pragma once

#include <functional>
#include <memory>

#include "base/event_loop.hpp"
#include "base/fd.hpp"
#include "base/fiber.hpp"
#include "ipc/worker_protocol.hpp"
#include "tls/session.hpp"

namespace ktls {

class Handshake {
public:
  using Finished = std::function<void(const ipc::HandshakeFinished&)>;

  // Calls `finished` exactly once, perhaps before this returns; never after the object is gone. By
  // then the socket has its keys, or is shut down, and this side's descriptor of it is closed. All
  // references must outlive the handshake; `finished` may destroy it.
  Handshake(EventLoop& loop, Fibers& fibers, const tls::Context& context, Finished finished);

  void start(const ipc::StartHandshake& request, Fd socket);
  // Tells the peer, then finishes with this reason.
  void abort(Reason reason);

private:
  Result<> prepare(const ipc::StartHandshake& request);
  void on_socket(std::uint32_t events);
  void advance();
  void on_advanced();
  void complete();
  Result<> install_keys();
  void finish(Reason reason, std::string_view detail);

  EventLoop& loop_;
  const tls::Context& context_;
  Finished finished_;
  std::uint64_t id_ = 0;
  Fd socket_;
  std::unique_ptr<tls::Session> session_;
  tls::Session::Step step_ = tls::Session::Step::WantRead;
  EventSource ready_;
  EventSource deadline_;
  Fiber fiber_; // last: while it is suspended it uses the others
};

} // namespace ktls
