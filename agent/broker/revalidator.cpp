// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/revalidator.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"

namespace ktls {
namespace {

// These say something of the user; the others say that nobody knows.
bool is_final(Reason reason) {
  switch (reason) {
  case Reason::UserNotMapped:
  case Reason::UserRevoked:
  case Reason::AmbiguousMapping:
  case Reason::WeakMapping:
  case Reason::MappingDenied:
  case Reason::CertificateInvalid:
    return true;
  default:
    return false;
  }
}

bool is_same_user(const MappedUser& before, const MappedUser& now) {
  return before.name == now.name && before.uid == now.uid;
}

} // namespace

void Revalidator::ask_for(Asked asked) {
  waiting_.push_back(std::move(asked));
  if (running_.empty())
    begin();
}

void Revalidator::run_for(Sessions::Cookie session, std::function<void(Verdict)> done) {
  ask_for({session, [done = std::move(done)](const Report& report) {
             done(report.judged == 0        ? Verdict::NoUser
                  : report.revoked > 0      ? Verdict::Revoked
                  : report.not_answered > 0 ? Verdict::Undecided
                                            : Verdict::Allowed);
           }});
}

void Revalidator::set_interval(std::chrono::seconds interval) {
  if (std::exchange(interval_, interval) != interval)
    set_timer();
}

void Revalidator::set_timer() {
  timer_.reset();
  if (interval_.count() == 0)
    return;
  auto timer = loop_.on_time(loop_.now() + interval_, [this] {
    run([](const Report&) {});
    set_timer();
  });
  check(timer.has_value(), "a timer can be set");
  timer_ = std::move(*timer);
}

// One run is for all who have asked for the same. What was asked before counts no more: not for
// these sessions, and not for handshakes.
void Revalidator::begin() {
  const auto only = waiting_.front().only;
  std::erase_if(waiting_, [&](Asked& asked) {
    if (asked.only != only)
      return false;
    running_.push_back(std::move(asked.done));
    return true;
  });
  report_ = {};
  authoriser_.forget();
  const auto all = sessions_.select(
      [&](const Session& one) { return one.user && one.peer && (!only || one.cookie == *only); });
  left_.assign(all.begin(), all.end());
  ask_more();
}

void Revalidator::ask_more() {
  if (std::exchange(asking_, true))
    return; // an answer that came at once
  while (in_flight_ < max_in_flight && !left_.empty()) {
    const auto cookie = left_.front();
    left_.pop_front();
    ask(cookie);
  }
  asking_ = false;
  if (in_flight_ == 0 && left_.empty())
    finish();
}

void Revalidator::ask(Sessions::Cookie cookie) {
  const auto* session = sessions_.find(cookie);
  if (session == nullptr)
    return; // it has ended meanwhile
  const auto* demands = demands_of_(session->terms->profile);
  ++report_.judged;
  if (demands == nullptr)
    return on_revoked(*session, Reason::MappingDenied,
                      fmt::format("there is no profile {} any more", session->terms->profile));
  ++in_flight_;
  authoriser_.ask(question_about(*session), *demands, loop_.now() + Authoriser::patience,
                  [this, cookie](const MappingAnswer& answer) {
                    --in_flight_;
                    on_answer(cookie, answer);
                    ask_more();
                  });
}

void Revalidator::on_answer(Sessions::Cookie cookie, const MappingAnswer& answer) {
  const auto* session = sessions_.find(cookie);
  if (session == nullptr)
    return;
  if (!answer && !is_final(answer.error().reason)) {
    ++report_.not_answered;
    return log::warning("{}: whether user \"{}\" may go on is not known: {}{}", describe(*session),
                        escape(session->user->name), facts(answer.error().reason).name,
                        answer.error().detail.empty() ? "" : " (" + answer.error().detail + ")");
  }
  if (!answer)
    return on_revoked(*session, answer.error().reason, answer.error().detail);
  if (!is_same_user(*session->user, *answer))
    on_revoked(*session, Reason::UserNotMapped,
               fmt::format("the certificate is user \"{}\" now", escape(answer->name)));
}

void Revalidator::on_revoked(const Session& session, Reason reason, const std::string& detail) {
  ++report_.revoked;
  const auto* demands = demands_of_(session.terms->profile);
  const auto fate = demands != nullptr ? demands->revoked_sessions : session.terms->when_revoked;
  const bool ends = fate == policy::RevokedSessions::End;
  log::warning("{}: user \"{}\" may have no session any more: {}{}{}", describe(session),
               escape(session.user->name), facts(reason).name,
               detail.empty() ? "" : " (" + detail + ")", ends ? "" : "; it goes on");
  if (ends)
    to_end_.push_back(session.cookie);
}

void Revalidator::finish() {
  std::vector<const Session*> sessions;
  for (const auto cookie : std::exchange(to_end_, {})) {
    if (const auto* session = sessions_.find(cookie)) {
      sessions.push_back(session);
      sessions_.expect_end(cookie, SessionEnd::Revoked);
    }
  }
  const auto ended = sessions.empty() ? std::set<Sessions::Cookie>{} : end_(sessions);
  for (const auto* session : sessions) {
    const bool has_ended = ended.contains(session->cookie);
    ++(has_ended ? report_.ended : report_.not_ended);
    if (!has_ended)
      sessions_.expect_end(session->cookie, SessionEnd::Closed);
    if (has_ended)
      log::warning("{}: ended, as user \"{}\" may have no session any more", describe(*session),
                   escape(session->user->name));
    else
      log::error("{}: could not be ended, though user \"{}\" may have no session any more: this "
                 "kernel ends no connections (CONFIG_INET_DIAG_DESTROY), and no process shows its "
                 "socket; end the program that has it",
                 describe(*session), escape(session->user->name));
  }
  for (const auto& done : std::exchange(running_, {}))
    done(report_);
  if (!waiting_.empty() && running_.empty())
    begin();
}

} // namespace ktls
