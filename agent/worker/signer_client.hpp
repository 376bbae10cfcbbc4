// SPDX-License-Identifier: GPL-2.0-or-later
// SignerClient: asks the signers for signatures, for many handshakes at a time.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/event_loop.hpp"
#include "base/fiber.hpp"
#include "ipc/connection.hpp"
#include "ipc/signer_protocol.hpp"
#include "tls/inventory.hpp"

namespace ktls {

class SignerClient final : public tls::RemoteSigner {
public:
  // For a signer that does not run, and is being started again.
  static constexpr std::chrono::seconds absence{2};
  // Requests that a signer has not answered, with those that nobody waits for any more.
  static constexpr std::size_t max_unanswered = 4096;

  // Both must outlive it; no fiber may wait in sign() when it is destroyed.
  SignerClient(EventLoop& loop, Fibers& fibers) : loop_(loop), fibers_(fibers) {}

  // From here on this is the signer of a key, or of all that have none of their own (0). The one
  // before is lost. Without a channel: it does not run yet. False: more than ipc::max_signers.
  Result<bool> attach(std::uint32_t key_id, std::optional<ipc::Channel> channel);

  // What is signed on that fiber is for this handshake, until it is forgotten.
  void permit(const Fiber& fiber, const ipc::SignPermit& permit) { permits_[&fiber] = permit; }
  void forget(const Fiber& fiber) { permits_.erase(&fiber); }
  // A signature may still be asked for: once it was, the permit is used up.
  [[nodiscard]] bool permitted(const Fiber& fiber) const { return permits_.contains(&fiber); }

  // On a fiber with a permit, which is suspended until the answer is there: a key in a file takes
  // milliseconds, one in a token up to some seconds. Fails when the signer refuses or is lost, does
  // not run, has too much to do, or the fiber is cancelled, as it is at its handshake's time limit.
  Result<std::vector<std::byte>> sign(std::uint32_t key_id, std::uint16_t scheme,
                                      std::span<const std::byte> data) override;

private:
  using Answer = Result<std::vector<std::byte>>;
  // Who waits for which number; null where nobody does any more. On the stack of a fiber.
  struct Waiting {
    Fiber& fiber;
    Answer answer;
  };
  using Numbered = std::unordered_map<std::uint64_t, Waiting*>;
  struct Signer {
    std::unique_ptr<ipc::Connection> connection; // null: it does not run
    Numbered unanswered;
    Numbered absent; // wait for it to run
  };

  Signer* signer_of(std::uint32_t key_id);
  Result<> ask(Signer& signer, const ipc::SignRequest& request);
  Answer wait_for_start(Signer& signer, std::uint64_t number);
  Answer wait(Numbered& among, std::uint64_t number);
  void on_packet(Signer& signer, const ipc::Packet& packet);
  static void lose(Signer& signer);
  static void wake_all(Numbered& waiting, const Answer& answer);
  static void wake(Waiting& waiting, Answer answer);

  EventLoop& loop_;
  Fibers& fibers_;
  std::unordered_map<std::uint32_t, Signer> signers_; // by the key, or 0; never erased from
  std::unordered_map<const Fiber*, ipc::SignPermit> permits_;
  std::uint64_t last_number_ = 0;
};

} // namespace ktls
