// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "policy/condition_text.hpp"

namespace ktls::policy {
namespace {

constexpr std::size_t most_rules = 20;
constexpr std::size_t most_values = 8;

// A rule that does not apply, with all the reasons.
struct Missed {
  const Rule* rule;
  std::size_t order;
  std::vector<std::string_view> unmet;
};

std::string joined(const std::vector<std::string>& texts) {
  if (texts.empty())
    return "not known";
  const auto shown = std::min(texts.size(), most_values);
  auto out = fmt::format(
      "{}", fmt::join(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (texts.size() > shown)
    out += fmt::format(" and {} more", texts.size() - shown);
  return escape(out);
}

std::vector<std::string> texts(const std::vector<ValueText>& values) {
  std::vector<std::string> out;
  out.reserve(values.size());
  for (const auto& value : values)
    out.push_back(value.text);
  return out;
}

std::string wanted(const Rule& rule, std::string_view key) {
  if (key == "time") {
    std::vector<std::string> windows;
    for (const auto& window : rule.times)
      windows.push_back(text_of(window));
    return joined(windows);
  }
  const auto all = text_of(rule.conditions);
  const auto found = std::ranges::find(all, key, &ConditionText::key);
  return found == all.end() ? "" : joined(texts(found->values));
}

std::string found(const Facts& facts, const LocalTime& time, std::string_view key) {
  return key == "time" ? text_of(time) : joined(texts(fact_text(facts, key)));
}

std::string outcome(Action action, const ProfileSettings* profile) {
  switch (action) {
  case Action::Profile:
    return fmt::format("TLS by profile {}", profile->name);
  case Action::Clear:
    return "no TLS, in clear";
  case Action::Deny:
    return "denied";
  }
  return "";
}

std::string verdict(const Decision& decision) {
  const auto what = outcome(decision.action, decision.profile);
  if (decision.rule == nullptr)
    return fmt::format("{}: no rule applies, and this is agent.default_action\n", what);
  return fmt::format("{}: rule {} applies ({})\n", what, decision.rule->name, decision.rule->where);
}

// Why the request is refused although a rule applies.
std::string objections(const ProfileSettings& profile, const Facts& facts) {
  std::string out;
  if (!profile.may_be_used_by(facts))
    out += fmt::format("but refused: profile {} is not for this application, by its allowed_users, "
                       "allowed_groups and allowed_units ({})\n",
                       profile.name, profile.where);
  const bool is_client = profile.role == ipc::HandshakeRole::Client;
  if (facts.role && (*facts.role == AskedRole::Client) != is_client)
    out += fmt::format("but refused: {} is asked for, and profile {} is a {} ({})\n",
                       is_client ? "a server" : "a client", profile.name,
                       is_client ? "client" : "server", profile.where);
  return out;
}

std::vector<Missed> missed(const Policy& policy, const Facts& facts, const LocalTime& time) {
  std::vector<Missed> out;
  for (const auto& step : policy.explain(facts, time)) {
    if (!step.unmet)
      break;
    Missed one{step.rule, out.size(), step.rule->conditions.all_unmet_by(facts)};
    if (!step.rule->is_in_time(time))
      one.unmet.push_back("time");
    out.push_back(std::move(one));
  }
  return out;
}

// "9,000 by remote_address, 12 by user": of each rule the first reason.
std::string summary(std::span<const Missed> rules) {
  std::vector<std::pair<std::string_view, std::size_t>> counts;
  for (const auto& rule : rules) {
    const auto key = rule.unmet.front();
    const auto found_key =
        std::ranges::find(counts, key, &std::pair<std::string_view, std::size_t>::first);
    if (found_key == counts.end())
      counts.emplace_back(key, 1);
    else
      ++found_key->second;
  }
  std::ranges::stable_sort(counts, std::greater(),
                           &std::pair<std::string_view, std::size_t>::second);
  std::vector<std::string> out;
  out.reserve(counts.size());
  for (const auto& [key, count] : counts)
    out.push_back(fmt::format("{} by {}", count, key));
  return fmt::format("{}", fmt::join(out, ", "));
}

std::string reasons(const Missed& one, const Facts& facts, const LocalTime& time) {
  std::string out = fmt::format("  {} ({})\n", one.rule->name, one.rule->where);
  for (const auto key : one.unmet)
    out += fmt::format("    {} is {}; the rule wants {}\n", key, found(facts, time, key),
                       wanted(*one.rule, key));
  return out;
}

} // namespace

std::string explanation(const Policy& policy, const Facts& facts, const LocalTime& time) {
  const auto decision = policy.decide(facts, time);
  auto out = verdict(decision);
  if (decision.profile != nullptr)
    out += objections(*decision.profile, facts);
  auto rules = missed(policy, facts, time);
  if (rules.empty())
    return out;
  const auto shown = std::min(rules.size(), most_rules);
  if (shown == rules.size()) {
    out += decision.rule == nullptr ? "rules, none of which applies:\n"
                                    : "rules that are asked before it, and do not apply:\n";
  } else {
    out += fmt::format("{} rules {} not apply; those that come nearest:\n", rules.size(),
                       decision.rule == nullptr ? "do" : "are asked before it, and do");
    std::ranges::stable_sort(rules, {}, [](const Missed& one) { return one.unmet.size(); });
  }
  const auto nearest = std::span(rules).first(shown);
  std::ranges::sort(nearest, {}, &Missed::order);
  for (const auto& one : nearest)
    out += reasons(one, facts, time);
  if (shown < rules.size())
    out += fmt::format("  and {} more: {}\n", rules.size() - shown,
                       summary(std::span(rules).subspan(shown)));
  return out;
}

} // namespace ktls::policy
