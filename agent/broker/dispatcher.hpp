// SPDX-License-Identifier: GPL-2.0-or-later
// Dispatcher: every handshake from request to outcome, which worker has it, and who waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/admission.hpp"
#include "broker/authoriser.hpp"
#include "broker/handshake_report.hpp"
#include "broker/handshake_request.hpp"
#include "broker/mapping_log.hpp"
#include "broker/outcome_log.hpp"
#include "broker/planner.hpp"
#include "broker/session.hpp"
#include "broker/socket_address.hpp"
#include "broker/step_log.hpp"
#include "broker/suspects.hpp"
#include "tls/session.hpp"

namespace ktls {

// A worker of one of the pools.
using WorkerId = std::pair<Workers*, Workers::Index>;

class Dispatcher {
public:
  using Id = std::uint64_t;
  struct Limits {
    std::size_t handshakes; // in workers
    std::size_t queued;     // that wait for a worker, or for a place in one; then "busy"
    Admission::Limits each; // queued ones included
  };
  // A worker keeps the time limits. One that is this late and has said nothing for as long does not
  // run any more; longer than a worker waits for its signer. One that does say something is only
  // busy, and gets more time, but not for ever.
  static constexpr std::chrono::milliseconds worker_grace{3000};
  static constexpr std::chrono::milliseconds worker_patience{15'000};

  // `loop` and `authoriser` must outlive the dispatcher. `clock`: what rules with a time go by.
  // Without an authoriser nobody's user is known. `write`: whose certificates are.
  Dispatcher(EventLoop& loop, const Limits& limits,
             std::function<policy::LocalTime()> clock = local_time,
             Authoriser* authoriser = nullptr, journal::Writer write = journal::write)
      : loop_(loop), authoriser_(authoriser), planner_(std::move(clock)), limits_(limits),
        admission_(limits.each), log_(loop, write), step_log_(loop, write),
        mapping_log_(loop, std::move(write)) {}

  // From here on this one decides; first to be called before any request comes. Handshakes that
  // have begun keep theirs, and hold it until they end.
  void serve(std::shared_ptr<const Generation> generation, const Limits& limits);
  // Told of each that is secured, while its socket is open, with what its next keys are made of;
  // its cookie, if it is in the registry.
  using OnSecured = std::function<std::optional<std::uint64_t>(
      Session session, const tls::TrafficSecrets& secrets, int socket)>;
  void on_secured(OnSecured call) { on_secured_ = std::move(call); }
  // Told of each that ends, however it does.
  void on_report(OnReport call) { on_report_ = std::move(call); }
  // How much is to be logged of a profile's handshakes. Default: what it says itself.
  using LevelOf = std::function<policy::LogLevel(const policy::ProfileSettings&)>;
  void take_levels(LevelOf level_of) { level_of_ = std::move(level_of); }
  // Given each secret of a session of a profile with key_log_file, which is wiped
  // behind the call.
  using OnKey = std::function<void(const std::string& key_log_file, const ipc::KeyLogEntry&)>;
  void log_keys(OnKey call) { on_key_ = std::move(call); }

  // Takes the request over; its `complete` may be called before this returns.
  Id submit(HandshakeRequest request);
  // The requester is gone: the peer is told, `complete` is called later as always.
  void cancel(Id id);
  // Ends everything that is under way.
  void end_all(Reason reason);

  [[nodiscard]] std::size_t in_flight() const { return handshakes_.size(); }
  // Handshake processes that ended by themselves, or had to be ended, so far.
  [[nodiscard]] std::uint64_t lost_workers() const { return lost_workers_; }

  // From the pools.
  void on_available();
  void on_finished(const WorkerId& worker, const ipc::HandshakeFinished& message);
  void on_certificate(const WorkerId& worker, const ipc::PeerCertificate& message);
  void on_psk_request(const WorkerId& worker, const ipc::PskRequest& message);
  void on_user_request(const WorkerId& worker, const ipc::UserRequest& message);
  void on_server_name(const WorkerId& worker, const ipc::ServerName& message);
  void on_step(const WorkerId& worker, const ipc::HandshakeStep& message);
  void on_key(const WorkerId& worker, const ipc::KeyLogEntry& message);
  void on_lost(const WorkerId& worker, Workers::Loss loss);

private:
  struct InFlight {
    HandshakeRequest request;
    Plan plan; // without a profile: the name decides that the peer is about to ask for
    Admission::Place place;
    ConnectionAddresses addresses;
    std::optional<RemoteNetwork> remote;
    std::string description;
    std::optional<WorkerId> worker; // none: waits for one
    EventLoop::Clock::time_point began;
    EventLoop::Clock::time_point deadline;
    EventSource watchdog;
    bool late = false;       // its worker is replaced for it
    std::uint64_t heard = 0; // what its worker had said when it was last found late
    int psk_lookups = 0;
    bool tells_steps = false;
    std::size_t steps = 0;                                     // so far
    std::size_t keys = 0;                                      // likewise
    std::vector<std::vector<std::byte>> certificates = {};     // of the peer, so far
    std::shared_ptr<const MappingQuestion> question = nullptr; // that the mapper was asked
    std::string subject = {}; // of the first of these, as the worker says; escaped
    std::string issuer = {};
    std::optional<MappedUser> user = std::nullopt;
    // What the policy said when the name was known, or the mapper of the peer's user.
    std::optional<Outcome> refusal = std::nullopt;
  };

  [[nodiscard]] Planner::Planned examine(HandshakeRequest& request,
                                         const ConnectionAddresses& addresses);
  [[nodiscard]] static bool asks_user(const InFlight& handshake);
  [[nodiscard]] bool wants_steps(InFlight& handshake);
  void keep_to_profile(Id id, InFlight& handshake);
  void on_user(Id id, const MappingAnswer& answer);
  void record(const InFlight& handshake, const MappingAnswer& answer);
  [[nodiscard]] bool has_place(Workers& workers) const;
  void refuse(HandshakeRequest& request, const std::string& description, const Outcome& outcome);
  void fill();
  void assign(Id id);
  void on_deadline(Id id);
  void watch_worker(Id id, EventLoop::Clock::time_point until);
  void on_late(Id id);
  void finish(Id id, Outcome outcome, const tls::TrafficSecrets& secrets = {});
  [[nodiscard]] std::optional<std::uint64_t>
  add_session(InFlight& handshake, const Outcome& outcome, const tls::TrafficSecrets& secrets);
  void report(const HandshakeReport& report);

  EventLoop& loop_;
  Authoriser* authoriser_;
  Planner planner_;
  Limits limits_;
  Admission admission_;
  Suspects suspects_;
  OutcomeLog log_;
  StepLog step_log_;
  MappingLog mapping_log_;
  OnSecured on_secured_ = [](const Session&, const tls::TrafficSecrets&, int) {
    return std::nullopt;
  };
  OnReport on_report_ = [](const HandshakeReport&) {};
  OnKey on_key_ = [](const std::string&, const ipc::KeyLogEntry&) {};
  LevelOf level_of_ = [](const policy::ProfileSettings& profile) { return profile.log_level; };
  Id last_id_ = 0;
  std::unordered_map<Id, InFlight> handshakes_;
  std::set<Id> waiting_; // the oldest first
  std::size_t in_workers_ = 0;
  std::uint64_t lost_workers_ = 0;
  bool filling_ = false;
  std::map<WorkerId, std::uint64_t> heard_; // messages of each worker
};

} // namespace ktls
