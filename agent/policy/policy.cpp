// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy.hpp"

#include <algorithm>
#include <iterator>

#include "policy/policy_parts.hpp"

namespace ktls::policy {
namespace {

std::vector<Conditions> conditions_of(const std::vector<Rule>& rules) {
  std::vector<Conditions> all;
  all.reserve(rules.size());
  for (const auto& rule : rules)
    all.push_back(rule.conditions);
  return all;
}

std::vector<Rule> in_order(std::vector<Rule> rules) {
  std::ranges::stable_sort(rules, std::greater(), &Rule::priority);
  return rules;
}

AskedFacts asked_by(const std::vector<Rule>& rules, const std::vector<ProfileSettings>& profiles) {
  AskedFacts out;
  for (const auto& [name, priority, conditions, times, action, profile, where] : rules) {
    out.direction = out.direction || !conditions.direction.empty();
    out.groups = out.groups || !conditions.group.empty();
    out.unit = out.unit || !conditions.unit.empty();
    out.executable = out.executable || !conditions.executable.empty();
    out.network_namespace = out.network_namespace || !conditions.network_namespace.empty();
    out.time = out.time || !times.empty();
  }
  for (const auto& profile : profiles) {
    out.groups = out.groups || !profile.allowed_groups.empty();
    out.unit = out.unit || !profile.allowed_units.empty();
  }
  return out;
}

bool is_unit_of(const std::string& pattern, const std::string& unit) {
  if (unit.empty())
    return false;
  return pattern.ends_with('*')
             ? unit.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1))
             : unit == pattern;
}

} // namespace

Policy::Parts::Parts(AgentSettings agent_settings, Action default_is,
                     std::vector<NamedCredential> named,
                     std::vector<ProfileSettings> profile_settings, std::vector<Rule> rules_as_read)
    : agent(std::move(agent_settings)), default_action(default_is), credentials(std::move(named)),
      profiles(std::move(profile_settings)), rules(in_order(std::move(rules_as_read))),
      asked(asked_by(rules, profiles)), index(conditions_of(rules)) {}

Policy::Policy(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;
Policy::~Policy() = default;

const AgentSettings& Policy::agent() const {
  return parts_->agent;
}
const std::vector<NamedCredential>& Policy::credentials() const {
  return parts_->credentials;
}
const std::vector<ProfileSettings>& Policy::profiles() const {
  return parts_->profiles;
}
const std::vector<Rule>& Policy::rules() const {
  return parts_->rules;
}
Action Policy::default_action() const {
  return parts_->default_action;
}
const AskedFacts& Policy::asked_facts() const {
  return parts_->asked;
}

Decision Policy::decide(const Facts& facts, const LocalTime& time,
                        bool server_name_is_coming) const {
  Decision out;
  const auto names =
      server_name_is_coming ? RuleIndex::ServerName::Any : RuleIndex::ServerName::AsInFacts;
  const auto rules = parts_->index.rules_for(facts, names);
  for (auto number = rules.first_from(0); number; number = rules.first_from(*number + 1)) {
    const Rule& rule = parts_->rules[*number];
    if (!rule.is_in_time(time))
      continue;
    if (server_name_is_coming && !rule.conditions.server_name.empty()) {
      out.needs_server_name = true;
      continue;
    }
    out.rule = &rule;
    out.action = rule.action;
    if (rule.action == Action::Profile)
      out.profile = &parts_->profiles[rule.profile];
    return out;
  }
  out.action = parts_->default_action;
  return out;
}

std::vector<Step> Policy::explain(const Facts& facts, const LocalTime& time) const {
  std::vector<Step> steps;
  for (const auto& rule : parts_->rules) {
    auto unmet = rule.conditions.unmet_by(facts);
    if (!unmet && !rule.is_in_time(time))
      unmet = "time";
    steps.push_back({&rule, unmet});
    if (!unmet)
      break;
  }
  return steps;
}

bool Rule::is_in_time(const LocalTime& time) const {
  return times.empty() ||
         std::ranges::any_of(times, [&](const TimeWindow& window) { return window.has(time); });
}

bool ProfileSettings::may_be_used_by(const Facts& facts) const {
  if (facts.origin == Origin::Kernel)
    return true;
  if (allowed_users.empty() && allowed_groups.empty() && allowed_units.empty())
    return true;
  return (facts.uid && std::ranges::find(allowed_users, *facts.uid) != allowed_users.end()) ||
         std::ranges::any_of(facts.groups,
                             [&](gid_t group) {
                               return std::ranges::find(allowed_groups, group) !=
                                      allowed_groups.end();
                             }) ||
         std::ranges::any_of(allowed_units, [&](const std::string& pattern) {
           return is_unit_of(pattern, facts.unit);
         });
}

} // namespace ktls::policy
