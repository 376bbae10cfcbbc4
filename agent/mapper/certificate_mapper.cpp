// SPDX-License-Identifier: GPL-2.0-or-later
// The certificate is read, and pins, filters and extensions are gone through, in a thread of the
// pool: a regular expression may take long with what a peer made up. The account of what they found
// is looked for in the same go.
#include "mapper/certificate_mapper.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "identity/user_name.hpp"
#include "mapper/account_check.hpp"

namespace ktls {

using bus::Refusal;
using bus::Refused;
using identity::Source;
using identity::Step;
using identity::StepResult;
using std::chrono::microseconds;

struct CertificateMapper::World {
  EventLoop& loop;
  TaskPool& pool;
  MapperPorts ports;
};

namespace {

constexpr std::size_t max_logged_name = 8192; // of a subject

using Found = tl::expected<AccountFacts, NoAccount>;

// What a thread found out.
struct Local {
  tl::expected<identity::PeerIdentity, std::string> peer;
  identity::Answer answer;
  std::optional<Found> account; // with a match
};

identity::Context identity_context(const bus::Context& context) {
  identity::Context out;
  out.rule = context.rule;
  out.profile = context.profile;
  out.server_name = context.server_name;
  out.local_port = context.local_port;
  tls::Sha256 anchor{};
  if (context.anchor_spki.size() == anchor.size()) {
    std::ranges::copy(context.anchor_spki, anchor.begin());
    out.anchor_spki = anchor;
  }
  return out;
}

std::string hex(const tls::Sha256& digest) {
  std::string out;
  for (const unsigned byte : digest)
    out += fmt::format("{:02x}", byte);
  return out;
}

Refusal refusal_for(StepResult result) {
  switch (result) {
  case StepResult::NoMatch:
    return Refusal::NotMapped;
  case StepResult::Deny:
    return Refusal::Denied;
  case StepResult::Ambiguous:
    return Refusal::Ambiguous;
  case StepResult::Match:
  case StepResult::Error:
  case StepResult::Skipped:
    break;
  }
  return Refusal::Unavailable;
}

StepResult result_for(Refusal refusal) {
  switch (refusal) {
  case Refusal::NotMapped:
    return StepResult::NoMatch;
  case Refusal::Denied:
    return StepResult::Deny;
  case Refusal::Ambiguous:
    return StepResult::Ambiguous;
  case Refusal::UserUnknown:
  case Refusal::UserRevoked:
  case Refusal::Unavailable:
  case Refusal::Busy:
  case Refusal::CertificateInvalid:
    break;
  }
  return StepResult::Error;
}

// A directory's own names may have a domain in them ("alice@corp.example", "CORP\\alice").
bool is_account_name(const std::string& name) {
  return !name.empty() && name.size() <= identity::max_user_name && is_utf8(name) &&
         std::ranges::none_of(name, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7f || c == '/' || c == ':';
         });
}

// One certificate, from source to source until one decides.
class Run : public std::enable_shared_from_this<Run> {
public:
  using Then = std::function<void(bus::Tested, Decision)>;

  Run(AccountCheck check, bus::Chain chain, bus::Context context, Then then)
      : check_(std::move(check)), chain_(std::move(chain)), context_(std::move(context)),
        then_(std::move(then)) {}

  void begin() {
    const bool begun = check_.pool.run<Local>(
        check_.deadline,
        [mapping = check_.mapping, leaf = chain_.front(), context = identity_context(context_),
         look_up = check_.ports.look_up, until = check_.deadline] {
          Local local{identity::PeerIdentity::parse(std::as_bytes(std::span(leaf))), {}, {}};
          if (!local.peer)
            return local;
          local.answer = mapping->map(*local.peer, context);
          if (local.answer.result == StepResult::Match)
            local.account = look_up({local.answer.user, std::nullopt}, until);
          return local;
        },
        [self = shared_from_this()](std::optional<Local> local) {
          if (local)
            self->on_local(std::move(*local));
        });
    if (!begun)
      return refuse(Refusal::Busy, "too many certificates are being looked at");
    // behind the pool's own: who calls again at once finds that the thread is lost
    auto timer = check_.loop.on_time(check_.deadline, [self = shared_from_this()] {
      self->refuse(Refusal::Unavailable, "it took too long to find out whose it is");
    });
    check(timer.has_value(), "a timer can be had");
    deadline_ = std::move(*timer);
  }

private:
  [[nodiscard]] const identity::Settings& settings() const { return check_.mapping->settings(); }

  void on_local(Local local) {
    if (!local.peer)
      return refuse(Refusal::CertificateInvalid, local.peer.error());
    decision_.certificate_sha256 = hex(local.peer->certificate_sha256);
    decision_.subject = escape(local.peer->subject, max_logged_name);
    decision_.issuer = escape(local.peer->issuer, max_logged_name);
    decision_.serial = escape(local.peer->serial);
    answer_ = std::move(local.answer);
    if (answer_.result == StepResult::NoMatch)
      return ask_sssd();
    if (answer_.result != StepResult::Match)
      return refuse(refusal_for(answer_.result), said_by_source());
    check_.judge(std::move(*local.account), on_account());
  }

  void ask_sssd() {
    if (!settings().asks(Source::Sssd) || !settings().sssd.enabled) {
      answer_.take(skipped("sssd", "not configured"));
      return ask_mapper(0);
    }
    check_.ports.sssd(chain_.front(), time_left(),
                      [self = shared_from_this()](const auto& answer) { self->on_sssd(answer); });
  }

  void on_sssd(const bus::SssdAnswer& answer) {
    Step step;
    step.source = "sssd";
    std::optional<uid_t> uid;
    if (!answer) {
      step.result = StepResult::Error;
      step.why = answer.error();
    } else if (std::holds_alternative<bus::SssdSeveral>(*answer)) {
      step.result = StepResult::Ambiguous;
      step.why = "it has more than one user for it";
    } else if (const auto* user = std::get_if<bus::SssdUser>(&*answer)) {
      step.result = StepResult::Match;
      step.strength = settings().sssd.strength_of(user->domain);
      step.user = user->name;
      step.why = "it has one user for it";
      step.entry = "domain " + escape(user->domain);
      uid = user->uid;
    } else {
      step.why = "it has no user for it";
    }
    if (!take(std::move(step), uid))
      ask_mapper(0);
  }

  void ask_mapper(std::size_t index) {
    const auto& mappers = settings().mappers;
    if (!settings().asks(Source::Mapper) || index >= mappers.size())
      return refuse(Refusal::NotMapped, "no source knows it");
    check_.ports.other_mapper(
        mappers[index].bus_name, chain_, context_, time_left(),
        [self = shared_from_this(), index](const auto& answer) { self->on_mapper(index, answer); });
  }

  void on_mapper(std::size_t index, const bus::MapAnswer& answer) {
    const auto& mapper = settings().mappers[index];
    Step step;
    step.source = mapper.bus_name;
    std::optional<uid_t> uid;
    if (answer) {
      const bool strong = answer->strength == 2 && mapper.strength == identity::Strength::Strong;
      step.result = StepResult::Match;
      step.strength = strong ? identity::Strength::Strong : identity::Strength::Weak;
      step.user = answer->user;
      step.why = "it says so";
      step.entry = answer->evidence.rule;
      step.attribute = answer->evidence.attribute;
      uid = answer->uid;
    } else {
      step.result = result_for(answer.error().refusal);
      step.why = answer.error().text;
    }
    if (!take(std::move(step), uid))
      ask_mapper(index + 1);
  }

  // Whether this step of another service decides; what follows is done then.
  bool take(Step step, std::optional<uid_t> uid) {
    if (step.result == StepResult::Match && !is_account_name(step.user)) {
      step.result = StepResult::Error;
      step.why = fmt::format("'{}' can be no user's name", escape(step.user));
    }
    answer_.take(std::move(step));
    if (ended() || answer_.result == StepResult::NoMatch)
      return ended();
    if (answer_.result == StepResult::Match)
      check_.run({answer_.user, uid}, on_account());
    else
      refuse(refusal_for(answer_.result), said_by_source());
    return true;
  }

  std::function<void(AccountResult)> on_account() {
    return [self = shared_from_this()](AccountResult account) {
      self->finish_with(std::move(account));
    };
  }

  void finish_with(AccountResult account) {
    const bool active = account.state == AccountState::Active;
    Step step;
    step.source = "account";
    step.result = active ? StepResult::Match : StepResult::Error;
    step.strength = answer_.strength;
    step.user = answer_.user;
    step.why = active ? "active" : account.why;
    account_step_ = std::move(step);
    if (!active)
      return refuse(account.refusal, fmt::format("{}{}", mapped_by(), account.why));
    finish(bus::MappedUser{
        account.facts->user,
        account.facts->uid,
        static_cast<std::uint32_t>(answer_.strength),
        {answer_.source, answer_.entry, answer_.attribute, std::move(account.facts->groups)}});
  }

  [[nodiscard]] std::string mapped_by() const {
    return fmt::format("mapped to '{}' by {}{}{}, but ", escape(answer_.user), answer_.source,
                       answer_.entry.empty() ? "" : " ", answer_.entry);
  }
  [[nodiscard]] std::string said_by_source() const {
    return fmt::format("{}{}{}: {}", answer_.source, answer_.entry.empty() ? "" : " ",
                       answer_.entry, answer_.why);
  }

  static Step skipped(const char* source, const char* why) {
    Step step;
    step.source = source;
    step.result = StepResult::Skipped;
    step.why = why;
    return step;
  }

  void refuse(Refusal refusal, std::string why) {
    finish(tl::make_unexpected(Refused{refusal, std::move(why)}));
  }

  [[nodiscard]] bool ended() const { return then_ == nullptr; }

  // The first end counts: what comes after the deadline is dropped.
  void finish(bus::MapAnswer answer) {
    const auto then = std::exchange(then_, nullptr);
    if (!then)
      return;
    deadline_.reset();
    bus::Tested tested{{}, answer};
    for (const auto& step : answer_.steps)
      tested.steps.push_back(bus_step(step));
    if (account_step_)
      tested.steps.push_back(bus_step(*account_step_));
    decision_.answer = std::move(answer);
    decision_.rule = escape(context_.rule);
    decision_.profile = escape(context_.profile);
    decision_.remote_address = escape(context_.remote_address);
    then(std::move(tested), std::move(decision_));
  }

  static bus::MapStep bus_step(const Step& step) {
    const bool match = step.result == StepResult::Match;
    return {step.source,
            static_cast<std::uint32_t>(step.result),
            match ? static_cast<std::uint32_t>(step.strength) : 0,
            step.why,
            escape(step.user),
            step.entry,
            step.attribute};
  }

  [[nodiscard]] microseconds time_left() const {
    const auto left =
        std::chrono::duration_cast<microseconds>(check_.deadline - EventLoop::Clock::now());
    return std::max(left, microseconds(1));
  }

  AccountCheck check_;
  bus::Chain chain_;
  bus::Context context_;
  Then then_;
  EventSource deadline_;
  identity::Answer answer_;
  std::optional<Step> account_step_;
  Decision decision_;
};

} // namespace

CertificateMapper::CertificateMapper(EventLoop& loop, TaskPool& pool, MapperPorts ports)
    : world_(std::make_shared<const World>(World{loop, pool, std::move(ports)})) {}
CertificateMapper::~CertificateMapper() = default;

void CertificateMapper::put_in_force(std::shared_ptr<const identity::Mapping> mapping) {
  mapping_ = std::move(mapping);
}

namespace {

EventLoop::Clock::time_point deadline_of(const bus::Context& context) {
  const auto latest = EventLoop::Clock::now() + bus::max_answer_time;
  return std::min(context.deadline.value_or(latest), latest);
}

} // namespace

void CertificateMapper::map(bus::Chain chain, bus::Context context,
                            std::function<void(bus::MapAnswer)> then) {
  AccountCheck check{world_->loop, world_->pool,           world_->ports,
                     mapping_,     context.remote_address, deadline_of(context)};
  std::make_shared<Run>(std::move(check), std::move(chain), std::move(context),
                        [world = world_, then = std::move(then)](const bus::Tested& tested,
                                                                 const Decision& decision) {
                          world->ports.log(decision);
                          then(tested.answer);
                        })
      ->begin();
}

void CertificateMapper::test(bus::Chain chain, bus::Context context,
                             std::function<void(bus::TestAnswer)> then) {
  AccountCheck check{world_->loop, world_->pool,           world_->ports,
                     mapping_,     context.remote_address, deadline_of(context)};
  std::make_shared<Run>(std::move(check), std::move(chain), std::move(context),
                        [then = std::move(then)](bus::Tested tested, const Decision&) {
                          using enum bus::Refusal;
                          const bool never_begun =
                              !tested.answer && tested.steps.empty() &&
                              (tested.answer.error().refusal == CertificateInvalid ||
                               tested.answer.error().refusal == Busy);
                          if (never_begun)
                            return then(tl::make_unexpected(tested.answer.error()));
                          then(std::move(tested));
                        })
      ->begin();
}

void CertificateMapper::check_account(std::uint32_t uid,
                                      std::function<void(bus::AccountAnswer)> then) {
  const AccountCheck check{
      world_->loop, world_->pool, world_->ports,
      mapping_,     "",           EventLoop::Clock::now() + bus::max_answer_time};
  check.run({"", uid}, [then = std::move(then)](AccountResult result) {
    if (result.refusal == Refusal::Busy)
      return then(tl::make_unexpected(Refused{Refusal::Busy, std::move(result.why)}));
    bus::Account account{result.state, "", {}, std::move(result.why)};
    if (result.facts) {
      account.user = std::move(result.facts->user);
      account.groups = std::move(result.facts->groups);
    }
    then(std::move(account));
  });
}

} // namespace ktls
