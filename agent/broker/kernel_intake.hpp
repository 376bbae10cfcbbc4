// SPDX-License-Identifier: GPL-2.0-or-later
// KernelIntake: turns the kernel's handshake upcalls into requests, and outcomes into DONE.
#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "base/event_loop.hpp"
#include "broker/handshake_request.hpp"
#include "broker/keyring.hpp"
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

  // While no descriptor is free, the next attempt is made this soon.
  static constexpr std::chrono::milliseconds scarcity{200};

  using Submit = std::function<void(HandshakeRequest)>;

  struct Options {
    bool psk_sha384 = false;       // GnuTLS can use pre-shared keys for SHA-384
    std::string network_namespace; // its path; empty: our own
  };

  // Takes up what waits already. `loop` and `links` must outlive the intake, and the requests that
  // it submitted.
  static Result<std::unique_ptr<KernelIntake>> create(EventLoop& loop,
                                                      std::unique_ptr<HandshakeFamily> family,
                                                      Submit submit, KeyringLinks& links,
                                                      Options options);

private:
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  KernelIntake(EventLoop& loop, std::unique_ptr<HandshakeFamily> family, Submit submit,
               KeyringLinks& links, Options options)
      : loop_(loop), family_(std::move(family)), submit_(std::move(submit)), links_(links),
        options_(std::move(options)) {}
  void on_notification();
  Result<> schedule_sweep(std::chrono::milliseconds delay);
  void accept(std::size_t count);
  [[nodiscard]] bool descriptor_is_free() const;
  void turn_away();
  void submit(KernelHandshake handshake);
  void refuse(const HandshakeRequest& request, const Outcome& outcome);
  void done(int socket, const Outcome& outcome, RequestedRole role, std::optional<KeySerial> peer,
            std::optional<std::uint32_t> max_tags);

  EventLoop& loop_;
  std::unique_ptr<HandshakeFamily> family_;
  Submit submit_;
  KeyringLinks& links_;
  Options options_;
  Fd spare_; // given up so that a request can be turned away, when no other descriptor is free
  EventSource notifications_;
  EventSource sweep_timer_;
};

// What a request of the kernel asks of us; without `complete`. Pure but for moving the socket.
[[nodiscard]] HandshakeRequest to_request(KernelHandshake handshake,
                                          const std::string& network_namespace = {});
// Not supported are certificates in keyrings, and a server's pre-shared keys where the kernel does
// not say in which keyring they are.
[[nodiscard]] bool is_supported(const HandshakeParameters& parameters);

} // namespace ktls
