// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/agent_control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "base/journal.hpp"
#include "base/text.hpp"
#include "broker/key_logs.hpp"
#include "broker/message_ids.hpp"
#include "broker/policy_question.hpp"
#include "broker/session_view.hpp"
#include "broker/socket_identity.hpp"
#include "ktls/socket_check.hpp"
#include "policy/pin.hpp"
#include "policy/show.hpp"
#include "tls/library.hpp"

namespace ktls {
namespace {

using bus::AgentRefusal;
using bus::AgentRefused;

auto refused(AgentRefusal why, std::string text) {
  return tl::make_unexpected(AgentRefused{why, std::move(text)});
}

auto no_such_session(std::uint64_t id) {
  return refused(AgentRefusal::NoSuchSession,
                 fmt::format("there is no session {}, or no more", id));
}

std::uint64_t microseconds_since_1970(std::chrono::system_clock::time_point time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

std::string kernel_statistics() {
  std::ifstream file("/proc/net/tls_stat");
  return {std::istreambuf_iterator<char>(file), {}};
}

MappingQuestion question_of(const bus::Chain& chain, const std::string& profile,
                            const bus::Context& context) {
  MappingQuestion question;
  for (const auto& certificate : chain) {
    const auto bytes = std::as_bytes(std::span(certificate));
    question.chain.emplace_back(bytes.begin(), bytes.end());
  }
  if (context.anchor_spki.size() == question.anchor_spki.size())
    std::ranges::copy(context.anchor_spki, question.anchor_spki.begin());
  question.rule = context.rule;
  question.profile = profile;
  question.local_address = context.local_address;
  question.local_port = context.local_port.value_or(0);
  question.server_name = context.server_name;
  return question;
}

// The mapper could not be asked; all else is an answer.
bool is_no_answer(Reason reason) {
  return reason == Reason::MapperUnavailable || reason == Reason::MappingTimeout ||
         reason == Reason::Busy;
}

bus::AgentAnswer<bus::MappingVerdict> verdict_of(const MappingAnswer& answer) {
  if (!answer && is_no_answer(answer.error().reason))
    return refused(answer.error().reason == Reason::Busy ? AgentRefusal::Busy
                                                         : AgentRefusal::MapperUnavailable,
                   answer.error().detail);
  bus::MappingVerdict verdict;
  const MappedUser* user = answer ? &*answer : nullptr;
  if (!answer) {
    verdict.reason = facts(answer.error().reason).name;
    verdict.why = answer.error().detail;
    if (answer.error().user)
      user = &*answer.error().user;
  }
  if (user != nullptr) {
    verdict.user = escape(user->name);
    verdict.uid = user->uid;
    verdict.strength = policy::strength_name(user->strength);
    if (answer)
      verdict.why = escape(user->source + " " + user->rule);
  }
  return verdict;
}

const char* verdict_name(Revalidator::Verdict verdict) {
  switch (verdict) {
  case Revalidator::Verdict::Allowed:
    return "allowed";
  case Revalidator::Verdict::Revoked:
    return "revoked";
  case Revalidator::Verdict::Undecided:
    return "undecided";
  case Revalidator::Verdict::NoUser:
    return "no-user";
  }
  return "";
}

bus::RevalidationCounts counts_of(const Revalidator::Report& report) {
  const auto number = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
  return {number(report.judged), number(report.revoked), number(report.ended),
          number(report.not_answered)};
}

} // namespace

bus::AgentService::Handlers AgentControl::handlers() {
  bus::AgentService::Handlers out;
  out.list = [this](const auto& filter, auto only_owner, auto after, auto limit) {
    return page_of(parts_.sessions, [this]() -> const auto& { return foreign(); },
                   {filter, only_owner, after, limit});
  };
  out.owner_of = [this](std::uint64_t id) -> std::optional<uid_t> {
    const auto* session = find(id);
    return session == nullptr ? std::nullopt
                              : std::optional(session->terms->uid.value_or(bus::no_owner));
  };
  out.details = [this](std::uint64_t id) { return details(id); };
  out.find_socket = [this](int fd) -> bus::AgentAnswer<std::uint64_t> {
    const auto cookie = socket_cookie(fd);
    const auto kind = classify_socket(fd);
    if (!cookie || kind == Reason::NotASocket || kind == Reason::NotTcp)
      return refused(AgentRefusal::NotASocket, "the descriptor is no TCP socket");
    if (find(*cookie) == nullptr)
      return refused(AgentRefusal::NoSuchSession, "the socket has no kernel TLS");
    return *cookie;
  };
  out.terminate = [this](const auto& ids) { return terminate(ids); };
  out.rekey = [this](std::uint64_t id, const auto& done) { rekey(id, done); };
  out.revalidate_all = [this](auto done) {
    parts_.revalidator.run(
        [done = std::move(done)](const Revalidator::Report& report) { done(counts_of(report)); });
  };
  out.revalidate = [this](std::uint64_t id, auto done) {
    if (find(id) == nullptr)
      return done(no_such_session(id));
    parts_.revalidator.run_for(id, [done = std::move(done)](Revalidator::Verdict verdict) {
      done(std::string(verdict_name(verdict)));
    });
  };
  out.chain = [this](std::uint64_t id) {
    bus::Chain chain;
    const auto* session = find(id);
    if (session == nullptr || !session->peer)
      return chain;
    for (const auto& certificate : session->peer->chain) {
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(certificate.data());
      chain.emplace_back(bytes, bytes + certificate.size());
    }
    return chain;
  };
  out.test_policy = [this](const bus::PolicyQuestion& question) {
    return answer_to(question, parts_.generations.in_force()->policy, local_time());
  };
  out.test_mapping = [this](const auto& chain, const auto& profile, const auto& context,
                            const auto& done) { test_mapping(chain, profile, context, done); };
  out.statistics = [this] { return statistics(); };
  out.credentials = [this] { return credentials(); };
  out.log_levels = [this] { return log_levels(); };
  out.set_log_level = [this](const auto& profile, const auto& level) {
    return set_log_level(profile, level);
  };
  out.reload = [this](auto done) {
    parts_.reloader.reload([this, done = std::move(done)](const policy::Problems& problems) {
      done(bus::ReloadAnswer{parts_.generations.number(), problems.lines});
    });
  };
  out.status = [this] { return status(); };
  return out;
}

const std::vector<Session>& AgentControl::foreign() {
  const auto now = parts_.loop.now();
  if (now >= foreign_until_) {
    foreign_ = parts_.watch.foreign();
    foreign_until_ = now + foreign_life;
  }
  return foreign_;
}

const Session* AgentControl::find(std::uint64_t id) {
  if (const auto* ours = parts_.sessions.find(id))
    return ours;
  const auto& others = foreign();
  const auto found = std::ranges::find(others, id, &Session::cookie);
  return found == others.end() ? nullptr : &*found;
}

std::optional<bus::SessionDetails> AgentControl::details(std::uint64_t id) {
  const auto* session = find(id);
  if (session == nullptr)
    return std::nullopt;
  auto out = details_of(*session);
  out.rekeys = parts_.secrets.replaced(id);
  if (const auto tls = parts_.watch.tls_of(*session))
    add_modes(out, *tls);
  return out;
}

std::vector<bus::NotEnded> AgentControl::terminate(const std::vector<std::uint64_t>& ids) {
  std::vector<bus::NotEnded> failed;
  std::vector<Session> chosen; // those of others may be asked for anew meanwhile
  chosen.reserve(ids.size());
  std::vector<const Session*> sessions;
  sessions.reserve(ids.size());
  for (const auto id : ids) {
    const auto* session = find(id);
    if (session == nullptr) {
      failed.push_back({id, no_such_session(id).value()});
      continue;
    }
    chosen.push_back(*session);
    sessions.push_back(&chosen.back());
    parts_.sessions.expect_end(id, SessionEnd::Terminated);
  }
  const auto ended = sessions.empty() ? std::set<std::uint64_t>{} : parts_.ender.end(sessions);
  for (const auto* session : sessions) {
    if (ended.contains(session->cookie))
      continue;
    parts_.sessions.expect_end(session->cookie, SessionEnd::Closed);
    failed.push_back(
        {session->cookie,
         {AgentRefusal::NotPossible,
          "this kernel ends no connections (CONFIG_INET_DIAG_DESTROY), and the agent does not see "
          "sockets of other processes (CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, see ktlsd(8)); end "
          "the program that has "
          "it"}});
  }
  return failed;
}

void AgentControl::rekey(std::uint64_t id, const std::function<void(bus::AgentAnswer<>)>& done) {
  const auto* session = find(id);
  if (session == nullptr)
    return done(no_such_session(id));
  if (session->terms->origin == policy::Origin::Kernel)
    return done(refused(AgentRefusal::NotPossible,
                        "the kernel has this socket, and changes no keys by itself; a new "
                        "connection has new ones"));
  if (!parts_.secrets.find(id, Direction::Transmit))
    return done(refused(AgentRefusal::NotPossible,
                        "the agent has no traffic secrets of this session: it takes TLS 1.3, Linux "
                        "6.14, and a session that this agent, or one before it, has secured"));
  parts_.controls.order_rekey(id, [done](ControlChannels::Answer answer) {
    switch (answer) {
    case ControlChannels::Answer::Done:
      return done({});
    case ControlChannels::Answer::NoChannel:
      return done(refused(AgentRefusal::NotPossible,
                          "keys are changed by the program that sends, and this one takes no "
                          "orders; see ktlsctl_control_open(3)"));
    case ControlChannels::Answer::TooLate:
      return done(refused(AgentRefusal::NotPossible,
                          fmt::format("its program has not changed the keys within {} s",
                                      ControlChannels::patience.count())));
    }
  });
}

void AgentControl::test_mapping(
    const bus::Chain& chain, const std::string& profile, const bus::Context& context,
    const std::function<void(bus::AgentAnswer<bus::MappingVerdict>)>& done) {
  policy::MappingDemands demands;
  demands.min_strength = policy::MappingStrength::Weak;
  if (!profile.empty()) {
    const auto& profiles = parts_.generations.in_force()->policy.profiles();
    const auto found = std::ranges::find(profiles, profile, &policy::ProfileSettings::name);
    if (found == profiles.end())
      return done(refused(AgentRefusal::InvalidFilter,
                          fmt::format("profile: there is no \"{}\"", escape(profile, 256))));
    demands = found->mapping;
  }
  parts_.authoriser.ask(question_of(chain, profile, context), demands,
                        parts_.loop.now() + Authoriser::patience,
                        [done](const MappingAnswer& answer) { done(verdict_of(answer)); });
}

std::vector<MetricFamily> AgentControl::metrics() const {
  MetricGauges now;
  now.handshakes_in_flight = parts_.dispatcher.in_flight();
  now.lost_workers = parts_.dispatcher.lost_workers();
  now.sessions = parts_.sessions.size();
  now.policy_generation = parts_.generations.number();
  if (const auto* configuration = parts_.generations.in_force()) {
    now.certificates = &configuration->snapshot.certificates;
    now.key_logged_profiles = key_logged_profiles(configuration->policy);
  }
  now.kernel_tls_stat = kernel_statistics();
  return parts_.metrics.families(now);
}

std::vector<bus::Sample> AgentControl::statistics() const {
  std::vector<bus::Sample> out;
  for (const auto& family : metrics()) {
    for (const auto& sample : family.samples)
      out.push_back({family.name + sample.suffix,
                     {sample.labels.begin(), sample.labels.end()},
                     sample.value});
  }
  return out;
}

std::vector<bus::CredentialRow> AgentControl::credentials() const {
  std::vector<bus::CredentialRow> out;
  const auto* configuration = parts_.generations.in_force();
  if (configuration == nullptr)
    return out;
  constexpr std::int64_t in_a_second = 1'000'000;
  for (const auto& one : configuration->snapshot.certificates)
    out.push_back({escape(one.credential), escape(one.path), escape(one.where), one.facts.subject,
                   one.facts.issuer, policy::pin_text(one.fingerprint), one.facts.key,
                   one.facts.not_before * in_a_second, one.facts.not_after * in_a_second});
  return out;
}

std::vector<bus::LogLevelRow> AgentControl::log_levels() const {
  std::vector<bus::LogLevelRow> out;
  for (const auto& profile : parts_.generations.in_force()->policy.profiles())
    out.push_back({escape(profile.name), policy::level_name(parts_.levels.of(profile)),
                   policy::level_name(profile.log_level),
                   profile.key_log_file ? escape(profile.key_log_file->path) : ""});
  return out;
}

std::string AgentControl::set_log_level(const std::string& profile, const std::string& level) {
  const bool by_policy = level == bus::default_log_level;
  const auto wanted = policy::level_of(level);
  if (!by_policy && !wanted)
    return fmt::format("level: \"{}\" is not error, warning, info, debug or {}", escape(level, 64),
                       bus::default_log_level);
  const auto& policy = parts_.generations.in_force()->policy;
  if (!parts_.levels.set(policy, profile, wanted))
    return fmt::format("profile: there is no \"{}\" in the policy in force", escape(profile, 256));
  const auto* settings = profile_named(policy, profile);
  const std::string in_force = policy::level_name(parts_.levels.of(*settings));
  journal::write(log::Level::Notice,
                 fmt::format("profile \"{}\" logs at level {} from here on{}", profile, in_force,
                             by_policy ? ", as the policy says" : ", until the agent ends"),
                 std::array{journal::Field{"MESSAGE_ID", message_id::log_level_set},
                            journal::Field{"KTLS_PROFILE", profile},
                            journal::Field{"KTLS_LOG_LEVEL", in_force}});
  return {};
}

bus::AgentStatus AgentControl::status() const {
  bus::AgentStatus out;
  out.version = KTLS_VERSION;
  out.started_us = microseconds_since_1970(started_);
  out.policy_generation = parts_.generations.number();
  out.policy_loaded_us = microseconds_since_1970(policy_loaded_);
  out.sessions = static_cast<std::uint32_t>(parts_.sessions.size());
  out.handshakes_in_flight = static_cast<std::uint32_t>(parts_.dispatcher.in_flight());
  if (const auto* configuration = parts_.generations.in_force()) {
    out.workers = worker_count(configuration->policy.agent());
    out.key_logged_profiles =
        static_cast<std::uint32_t>(key_logged_profiles(configuration->policy));
  }
  out.features.push_back(tls::describe_library());
  return out;
}

} // namespace ktls
