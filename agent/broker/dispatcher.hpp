// SPDX-License-Identifier: GPL-2.0-or-later
// Dispatcher: every handshake from request to outcome, which worker has it, and who waits for it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "base/event_loop.hpp"
#include "broker/handshake_request.hpp"
#include "broker/worker_pool.hpp"

namespace ktls {

class Dispatcher {
public:
  using Id = std::uint64_t;
  static constexpr std::size_t max_in_flight = 4096;
  // A worker keeps the time limits; one that is this late does not run any more. Longer than a
  // worker waits for its signer.
  static constexpr std::chrono::milliseconds worker_grace{3000};

  // All references must outlive the dispatcher.
  Dispatcher(EventLoop& loop, Workers& workers, ProfileChoices profiles)
      : loop_(loop), workers_(workers), profiles_(std::move(profiles)) {}

  // Takes the request over; its `complete` may be called before this returns.
  Id submit(HandshakeRequest request);
  // The requester is gone: the peer is told, `complete` is called later as always.
  void cancel(Id id);
  // Ends everything that is under way.
  void end_all(Reason reason);

  [[nodiscard]] std::size_t in_flight() const { return handshakes_.size(); }

  // From the pool.
  void on_available();
  void on_finished(Workers::Index worker, const ipc::HandshakeFinished& message);
  void on_lost(Workers::Index worker);

private:
  struct InFlight {
    HandshakeRequest request;
    std::string description;
    std::optional<Workers::Index> worker; // none: waits for one
    EventLoop::Clock::time_point deadline;
    EventSource watchdog;
  };

  [[nodiscard]] const std::optional<ProfileChoice>&
  choose_profile(const HandshakeRequest& request) const;
  [[nodiscard]] Reason examine(const HandshakeRequest& request) const;
  void assign(Id id);
  void on_late(Id id);
  void finish(Id id, const Outcome& outcome);
  static void conclude(HandshakeRequest request, const std::string& description,
                       const Outcome& outcome);
  static void report(HandshakeRequest& request, const std::string& description,
                     const Outcome& outcome);

  EventLoop& loop_;
  Workers& workers_;
  ProfileChoices profiles_;
  Id last_id_ = 0;
  std::unordered_map<Id, InFlight> handshakes_;
  std::deque<Id> waiting_;
};

} // namespace ktls
