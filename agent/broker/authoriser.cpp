// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/authoriser.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "tls/verdict_cache.hpp"

namespace ktls {
namespace {

using policy::MappingStrength;

// What a mapper knows, a profile may still not want.
MappingAnswer judge(const MappingAnswer& answer, const policy::MappingDemands& demands) {
  if (!answer)
    return answer;
  const auto refuse = [&](Reason reason, std::string detail) {
    return tl::make_unexpected(NotMapped{reason, std::move(detail), *answer});
  };
  if (demands.min_strength == MappingStrength::Strong &&
      answer->strength != MappingStrength::Strong)
    return refuse(Reason::WeakMapping, fmt::format("user {} by {} {}", escape(answer->name),
                                                   answer->source, answer->rule));
  if (!demands.lets_in(answer->name, answer->groups))
    return refuse(Reason::MappingDenied,
                  fmt::format("user {} is not one of the profile's mapped_users, nor in one of its "
                              "mapped_groups",
                              escape(answer->name)));
  if (answer->uid == 0 && std::ranges::count(demands.users, answer->name) == 0)
    return refuse(Reason::MappingDenied,
                  fmt::format("user {} has uid 0, and is not named in the profile's mapped_users",
                              escape(answer->name)));
  return answer;
}

bool is_certain(const MappingAnswer& answer) {
  if (answer)
    return true;
  switch (answer.error().reason) {
  case Reason::UserNotMapped:
  case Reason::MappingDenied:
  case Reason::AmbiguousMapping:
  case Reason::UserRevoked:
    return true;
  default:
    return false;
  }
}

} // namespace

// All that the answer may depend on.
std::optional<Authoriser::Key> Authoriser::key_of(const MappingQuestion& question) {
  std::vector<std::span<const std::byte>> chain;
  chain.reserve(question.chain.size() + 1);
  for (const auto& certificate : question.chain)
    chain.emplace_back(certificate);
  chain.push_back(std::as_bytes(std::span(question.anchor_spki)));
  // none of these can hold a NUL
  const std::string place = question.rule + '\0' + question.profile + '\0' +
                            question.local_address + '\0' + std::to_string(question.local_port) +
                            '\0' + question.server_name;
  return tls::VerdictCache::key_of(chain, place);
}

void Authoriser::ask(const MappingQuestion& question, const policy::MappingDemands& demands,
                     Clock::time_point deadline, Done done) {
  const auto refuse = [&](Reason reason, std::string detail) {
    done(tl::make_unexpected(NotMapped{reason, std::move(detail)}));
  };
  const auto key = key_of(question);
  if (!key)
    return refuse(Reason::InternalError, "a question cannot be hashed");
  if (const auto* known = find(*key))
    return done(judge(*known, demands));
  deadline = std::min(deadline, loop_.now() + patience);
  if (const auto found = current_.find(*key); found != current_.end())
    return wait(found->second, demands, deadline, std::move(done));
  if (lookups_.size() >= max_in_flight)
    return refuse(Reason::Busy,
                  fmt::format("{} certificates are being looked up", lookups_.size()));
  const Number number = ++last_number_;
  lookups_.emplace(number, Lookup{*key, {}});
  current_.emplace(*key, number);
  wait(number, demands, deadline, std::move(done));
  mapper_.map(question, loop_.now() + patience,
              [this, number](const MappingAnswer& answer) { on_answer(number, answer); });
}

void Authoriser::wait(Number lookup, const policy::MappingDemands& demands,
                      Clock::time_point deadline, Done done) {
  const Number number = ++last_number_;
  auto timer = loop_.on_time(deadline, [this, lookup, number] { on_late(lookup, number); });
  check(timer.has_value(), "a timer can be set");
  lookups_.at(lookup).waiting.emplace(number, Waiting{demands, std::move(done), std::move(*timer)});
}

void Authoriser::on_late(Number lookup, Number waiting) {
  const auto late = lookups_.at(lookup).waiting.extract(waiting);
  late.mapped().done(tl::make_unexpected(NotMapped{Reason::MappingTimeout, {}}));
}

void Authoriser::on_answer(Number lookup, const MappingAnswer& answer) {
  const auto ended = lookups_.extract(lookup);
  const auto& key = ended.mapped().key;
  if (const auto found = current_.find(key); found != current_.end() && found->second == lookup) {
    current_.erase(found);
    remember(key, answer);
  }
  for (const auto& [number, waiting] : ended.mapped().waiting)
    waiting.done(judge(answer, waiting.demands));
}

const MappingAnswer* Authoriser::find(const Key& key) {
  const auto found = remembered_.find(key);
  if (found == remembered_.end())
    return nullptr;
  if (loop_.now() < found->second.until)
    return &found->second.answer;
  remembered_.erase(found);
  return nullptr;
}

void Authoriser::remember(const Key& key, const MappingAnswer& answer) {
  if (!is_certain(answer))
    return;
  const auto now = loop_.now();
  if (remembered_.size() >= max_remembered)
    std::erase_if(remembered_, [&](const auto& one) { return one.second.until <= now; });
  if (remembered_.size() >= max_remembered)
    remembered_.clear(); // rather than let whoever has many certificates keep others out
  remembered_.insert_or_assign(key,
                               Remembered{answer, now + (answer ? positive_life : negative_life)});
}

// Those who wait for an answer get it, but nobody else.
void Authoriser::forget() {
  remembered_.clear();
  current_.clear();
}

} // namespace ktls
