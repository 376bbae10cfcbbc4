// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/filter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace ktls::identity {
namespace {

template<class Key>
bool is_met(const policy::Alternatives<Key>& alternatives, const std::optional<Key>& value) {
  return alternatives.empty() ||
         (value && std::ranges::any_of(alternatives,
                                       [&](const auto& interval) { return interval.has(*value); }));
}

template<class Key>
bool may_meet(const policy::Alternatives<Key>& a, const policy::Alternatives<Key>& b) {
  const auto meets = [&](const auto& one) {
    return std::ranges::any_of(
        b, [&](const auto& other) { return one.first <= other.last && other.first <= one.last; });
  };
  return a.empty() || b.empty() || std::ranges::any_of(a, meets);
}

// A filter that is for the certificate.
struct Matched {
  const Filter* filter;
  std::string attribute;
};

Step no_match(std::string why) {
  return {"filter", StepResult::NoMatch, Strength::Weak, "", std::move(why), "", ""};
}
Step step_of(StepResult result, const Filter& filter, std::string why, std::string attribute) {
  return {"filter", result, Strength::Weak, "", std::move(why), filter.name, std::move(attribute)};
}

// The users of filters that are as specific as one another, with the first filter for each.
struct Users {
  struct User {
    Candidate candidate;
    const Matched* by;
  };
  std::vector<User> all;

  void add(const Candidate& candidate, const Matched& by) {
    const auto same = [&](const User& user) { return user.candidate.user == candidate.user; };
    if (std::ranges::none_of(all, same))
      all.push_back({candidate, &by});
  }
};

std::string joined(const std::string& a, const std::string& b) {
  return a + (a.empty() || b.empty() ? "" : ", ") + b;
}

Step decided(const Users& users, const Anchor& anchor, const PeerIdentity& peer) {
  const auto& [candidate, by] = users.all.front();
  if (users.all.size() > 1) {
    const auto& [other, other_by] = users.all[1];
    return step_of(StepResult::Ambiguous, *by->filter,
                   fmt::format("filter {} says {}, and filter {}, which is no less specific, {}",
                               by->filter->name, escape(candidate.user), other_by->filter->name,
                               escape(other.user)),
                   by->attribute);
  }
  const auto attribute = joined(by->attribute, candidate.attribute);
  const auto vouched = anchor.vouches_for_names_of(peer);
  if (!vouched)
    return step_of(StepResult::Error, *by->filter, vouched.error(), attribute);
  auto out = step_of(StepResult::Match, *by->filter,
                     *vouched ? fmt::format("anchor {} vouches for its names", anchor.name)
                              : fmt::format("anchor {} does not vouch for its names", anchor.name),
                     attribute);
  out.strength = *vouched ? Strength::Strong : Strength::Weak;
  out.user = candidate.user;
  return out;
}

// The most specific first. Those that take the user from a name which is not there, are for
// others.
Step decide(const std::vector<Matched>& matched, const Anchor& anchor, const PeerIdentity& peer) {
  Users users;
  const Filter* last = nullptr;
  for (const auto& one : matched) {
    if (!users.all.empty() && one.filter->specificity() != last->specificity())
      break;
    last = one.filter;
    const auto candidates = one.filter->user->expand(peer);
    if (!candidates)
      return step_of(StepResult::Error, *one.filter, candidates.error(), one.attribute);
    for (const auto& candidate : *candidates)
      users.add(candidate, one);
  }
  return users.all.empty() ? no_match("no filter is for it") : decided(users, anchor, peer);
}

} // namespace

bool Criteria::are_met_by(const Context& context) const {
  const bool rule_fits = rules.empty() || (!context.rule.empty() &&
                                           std::ranges::find(rules, context.rule) != rules.end());
  const auto name = context.server_name.empty()
                        ? std::nullopt
                        : std::optional(policy::turned_around(context.server_name));
  return rule_fits && is_met(local_ports, context.local_port) && is_met(server_names, name);
}

std::size_t Criteria::count() const {
  return (rules.empty() ? 0U : 1U) + (local_ports.empty() ? 0U : 1U) +
         (server_names.empty() ? 0U : 1U);
}

bool Criteria::overlap(const Criteria& other) const {
  const auto is_in_other = [&](const std::string& rule) {
    return std::ranges::find(other.rules, rule) != other.rules.end();
  };
  const bool rules_meet =
      rules.empty() || other.rules.empty() || std::ranges::any_of(rules, is_in_other);
  return rules_meet && may_meet(local_ports, other.local_ports) &&
         may_meet(server_names, other.server_names);
}

Specificity Filter::specificity() const {
  auto out = match.specificity();
  out.criteria = criteria.count();
  return out;
}

std::string tie_of(const Filter& first, const Filter& second) {
  if (first.anchor != second.anchor || !first.user || !second.user || first.user == second.user ||
      first.match.key() != second.match.key() ||
      first.criteria.count() != second.criteria.count() || !first.criteria.overlap(second.criteria))
    return {};
  return fmt::format("is for the same certificates as {} in {}, and maps them to {} rather than "
                     "to {}: none of the two is more specific",
                     first.name, first.where, second.user->text(), first.user->text());
}

Filters::Filters(std::vector<Filter> filters) : filters_(std::move(filters)) {
  std::ranges::stable_sort(filters_, std::greater(),
                           [](const Filter& filter) { return filter.specificity(); });
}

Step Filters::map(const PeerIdentity& peer, const Context& context,
                  const std::vector<Anchor>& anchors, std::optional<std::size_t> anchor) const {
  if (!anchor)
    return no_match("the trust anchor of its chain is none of the configuration's");
  const auto seen = anchors[*anchor].seen(peer);
  tls::ComparisonBudget budget(max_comparisons);
  std::vector<Matched> matched;
  const Matched* denied = nullptr;
  matched.reserve(filters_.size());
  for (const auto& filter : filters_) {
    if (filter.anchor != *anchor || !filter.criteria.are_met_by(context))
      continue;
    auto outcome = filter.match.matches(seen, budget);
    if (outcome.result == MatchRule::Result::Error)
      return step_of(StepResult::Error, filter, outcome.text, "");
    if (outcome.result == MatchRule::Result::NoMatch)
      continue;
    matched.push_back({&filter, std::move(outcome.text)});
    if (!filter.user && denied == nullptr)
      denied = &matched.back();
  }
  if (denied != nullptr)
    return step_of(StepResult::Deny, *denied->filter, "its filter refuses it", denied->attribute);
  return decide(matched, anchors[*anchor], seen);
}

} // namespace ktls::identity
