// SPDX-License-Identifier: GPL-2.0-or-later
// Revalidator: asks once more whose the certificates of open sessions are, and ends sessions whose
// user may no longer have one, where their profile says so.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/authoriser.hpp"
#include "broker/sessions.hpp"

namespace ktls {

class Revalidator {
public:
  // Sessions that are judged at a time: handshakes ask the mapper, too.
  static constexpr std::size_t max_in_flight = 32;

  struct Report {
    std::size_t judged = 0;       // sessions of a known user
    std::size_t revoked = 0;      // of these: whose user may have none any more
    std::size_t ended = 0;        // of the revoked: ended
    std::size_t not_ended = 0;    // of the revoked: were to be, and go on
    std::size_t not_answered = 0; // of the judged: go on, as it could not be found out
  };
  using Done = std::function<void(const Report&)>;
  // What a profile of this name wants now. Null: there is none any more; nobody is let in.
  using DemandsOf = std::function<const policy::MappingDemands*(const std::string& profile)>;

  // Ends sessions; the cookies of those that have ended.
  using End = std::function<std::set<Sessions::Cookie>(const std::vector<const Session*>&)>;

  // The loop, the sessions and the authoriser must outlive it.
  Revalidator(EventLoop& loop, Sessions& sessions, Authoriser& authoriser, DemandsOf demands_of,
              End end)
      : loop_(loop), sessions_(sessions), authoriser_(authoriser),
        demands_of_(std::move(demands_of)), end_(std::move(end)) {}

  // Judges all sessions of a known user by answers from now on. `done` is called once, perhaps
  // before this returns.
  void run(Done done) { ask_for({std::nullopt, std::move(done)}); }
  // Judges this one alone. NoUser: nobody is known there.
  enum class Verdict { Allowed, Revoked, Undecided, NoUser };
  void run_for(Sessions::Cookie session, std::function<void(Verdict)> done);
  // Runs every so often. 0: only when told to.
  void set_interval(std::chrono::seconds interval);

private:
  struct Asked {
    std::optional<Sessions::Cookie> only; // none: all
    Done done;
  };
  void ask_for(Asked asked);
  void begin();
  void ask_more();
  void ask(Sessions::Cookie cookie);
  void on_answer(Sessions::Cookie cookie, const MappingAnswer& answer);
  void on_revoked(const Session& session, Reason reason, const std::string& detail);
  void finish();
  void set_timer();

  EventLoop& loop_;
  Sessions& sessions_;
  Authoriser& authoriser_;
  DemandsOf demands_of_;
  End end_;
  std::chrono::seconds interval_{0};
  EventSource timer_;
  std::vector<Asked> waiting_; // for later runs
  std::vector<Done> running_;  // not empty: a run is under way
  std::deque<Sessions::Cookie> left_;
  std::size_t in_flight_ = 0;
  bool asking_ = false;
  std::vector<Sessions::Cookie> to_end_;
  Report report_;
};

} // namespace ktls
