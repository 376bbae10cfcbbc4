// SPDX-License-Identifier: GPL-2.0-or-later
// KernelIntake: turns the kernel's handshake upcalls into requests, and outcomes into DONE.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/event_loop.hpp"
#include "broker/handshake_request.hpp"
#include "netlink/handshake_family.hpp"
#include "wire.hpp"

namespace ktls {

class KernelIntake {
public:
  // nfsd gives up after 5 s and says no limit in its request; the NFS client after 10 s.
  static constexpr std::chrono::milliseconds server_limit{4500};
  static constexpr std::chrono::milliseconds client_limit{9500};
  // A request that no notification told of is found this soon.
  static constexpr std::chrono::seconds sweep{5};
  // Tells a consumer that the peer has authenticated itself. Consumers only ask whether it is a key
  // serial at all (TLS_NO_PEERID is 0).
  static constexpr KeySerial authenticated_peer = 1;

  using Submit = std::function<void(HandshakeRequest)>;

  // Takes up what waits already. `loop` must outlive the intake.
  static Result<std::unique_ptr<KernelIntake>>
  create(EventLoop& loop, std::unique_ptr<HandshakeFamily> family, Submit submit);

private:
  KernelIntake(EventLoop& loop, std::unique_ptr<HandshakeFamily> family, Submit submit)
      : loop_(loop), family_(std::move(family)), submit_(std::move(submit)) {}
  void on_notification();
  Result<> schedule_sweep();
  void accept_all();
  void submit(KernelHandshake handshake);
  void done(int socket, const Outcome& outcome, RequestedRole role);

  EventLoop& loop_;
  std::unique_ptr<HandshakeFamily> family_;
  Submit submit_;
  EventSource notifications_;
  EventSource sweep_timer_;
};

// What a request of the kernel asks of us; without `complete`. Pure but for moving the socket.
[[nodiscard]] HandshakeRequest to_request(KernelHandshake handshake);
// Kinds of authentication that the agent does not do: pre-shared keys, certificates in keyrings.
[[nodiscard]] bool is_supported(const HandshakeParameters& parameters);

} // namespace ktls
