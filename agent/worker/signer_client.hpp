// SPDX-License-Identifier: GPL-2.0-or-later
// SignerClient: asks ktlsd-signer for signatures, for many handshakes at a time.
#pragma once

#include <chrono>
#include <memory>
#include <unordered_map>

#include "base/event_loop.hpp"
#include "base/fiber.hpp"
#include "ipc/connection.hpp"
#include "ipc/signer_protocol.hpp"
#include "tls/credentials.hpp"

namespace ktls {

class SignerClient final : public tls::RemoteSigner {
public:
  // For one signature. A key in a file takes milliseconds, one in a token up to some seconds. A
  // handshake's own time limit ends the wait as well.
  static constexpr std::chrono::seconds limit{30};
  // Requests that the signer has not answered, with those that nobody waits for any more.
  static constexpr std::size_t max_unanswered = 4096;

  // Both must outlive it; no fiber may wait in sign() when it is destroyed.
  SignerClient(EventLoop& loop, Fibers& fibers) : loop_(loop), fibers_(fibers) {}

  // From here on this signer is asked. One that was asked before is lost.
  Result<> attach(ipc::Channel channel);

  // On a fiber, which is suspended until the answer is there. Fails when the signer refuses or is
  // lost, the limit is reached, or the fiber is cancelled.
  Result<std::vector<std::byte>> sign(std::uint32_t key_id, std::uint16_t scheme,
                                      std::span<const std::byte> data) override;

private:
  struct Waiting {
    Fiber& fiber;
    Result<std::vector<std::byte>> answer;
  };

  Result<> ask(std::uint64_t number, std::uint32_t key_id, std::uint16_t scheme,
               std::span<const std::byte> data);
  void on_packet(const ipc::Packet& packet);
  void lose();
  static void wake(Waiting& waiting, Result<std::vector<std::byte>> answer);

  EventLoop& loop_;
  Fibers& fibers_;
  std::unique_ptr<ipc::Connection> signer_; // null: lost
  std::uint64_t last_number_ = 0;
  // By request number; null where nobody waits any more. What is pointed to is on a fiber's stack.
  std::unordered_map<std::uint64_t, Waiting*> unanswered_;
};

} // namespace ktls
