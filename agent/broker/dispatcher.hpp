// SPDX-License-Identifier: GPL-2.0-or-later
// Dispatcher: every handshake from request to outcome, which worker has it, and who waits for it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>

#include "base/event_loop.hpp"
#include "broker/admission.hpp"
#include "broker/failure_log.hpp"
#include "broker/handshake_request.hpp"
#include "broker/suspects.hpp"
#include "broker/worker_pool.hpp"

namespace ktls {

class Dispatcher {
public:
  using Id = std::uint64_t;
  struct Limits {
    std::size_t handshakes; // in workers
    std::size_t queued;     // that wait for a worker, or for a place in one; then "busy"
    Admission::Limits each; // queued ones included
    std::chrono::milliseconds first_byte;
  };
  // A worker keeps the time limits. One that is this late and has said nothing for as long does not
  // run any more; longer than a worker waits for its signer. One that does say something is only
  // busy, and gets more time, but not for ever.
  static constexpr std::chrono::milliseconds worker_grace{3000};
  static constexpr std::chrono::milliseconds worker_patience{15'000};

  // All references must outlive the dispatcher.
  Dispatcher(EventLoop& loop, Workers& workers, ProfileChoices profiles, const Limits& limits)
      : loop_(loop), workers_(workers), profiles_(std::move(profiles)), limits_(limits),
        admission_(limits.each), failures_(loop, "handshakes") {}

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
  void on_psk_request(Workers::Index worker, const ipc::PskRequest& message);
  void on_lost(Workers::Index worker, Workers::Loss loss);

private:
  struct InFlight {
    HandshakeRequest request;
    Admission::Place place;
    std::optional<RemoteNetwork> remote;
    std::string description;
    std::optional<Workers::Index> worker; // none: waits for one
    EventLoop::Clock::time_point deadline;
    EventSource watchdog;
    bool late = false;       // its worker is replaced for it
    std::uint64_t heard = 0; // what its worker had said when it was last found late
    int psk_lookups = 0;
  };

  [[nodiscard]] const std::optional<ProfileChoice>&
  choose_profile(const HandshakeRequest& request) const;
  // The peer is known by a pre-shared key, and needs no name.
  [[nodiscard]] bool uses_psk(const HandshakeRequest& request) const;
  [[nodiscard]] Outcome examine(const HandshakeRequest& request) const;
  [[nodiscard]] bool has_place() const;
  void refuse(HandshakeRequest& request, const std::string& description, const Outcome& outcome);
  void fill();
  void assign(Id id);
  void on_deadline(Id id);
  void watch_worker(Id id, EventLoop::Clock::time_point until);
  void on_late(Id id);
  void finish(Id id, const Outcome& outcome);
  void report(HandshakeRequest& request, const std::string& description, const Outcome& outcome);
  void log_outcome(const std::string& description, const Outcome& outcome);

  EventLoop& loop_;
  Workers& workers_;
  ProfileChoices profiles_;
  Limits limits_;
  Admission admission_;
  Suspects suspects_;
  FailureLog failures_;
  Id last_id_ = 0;
  std::unordered_map<Id, InFlight> handshakes_;
  std::set<Id> waiting_; // the oldest first
  std::size_t in_workers_ = 0;
  bool filling_ = false;
  std::unordered_map<Workers::Index, std::uint64_t> heard_; // messages of each worker
};

} // namespace ktls
