// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/rule_cover.hpp"

#include <algorithm>

namespace ktls::policy {
namespace {

// Numbers follow each other without one between them.
template<class Key>
bool is_next(const Key& last, const Key& first) {
  if constexpr (std::is_integral_v<Key>)
    return last != std::numeric_limits<Key>::max() && last + 1 == first;
  else if constexpr (std::is_enum_v<Key>)
    return static_cast<int>(last) + 1 == static_cast<int>(first);
  else
    return false;
}

template<class Key>
Alternatives<Key> merged(Alternatives<Key> alternatives) {
  std::ranges::sort(alternatives, {}, &Interval<Key>::first);
  Alternatives<Key> out;
  for (auto& one : alternatives) {
    if (out.empty() || (out.back().last < one.first && !is_next(out.back().last, one.first)))
      out.push_back(std::move(one));
    else if (out.back().last < one.last)
      out.back().last = std::move(one.last);
  }
  return out;
}

// A request always has one of these.
bool is_any(const Alternatives<Origin>& origins) {
  return origins.size() == 1 && origins[0] == Interval<Origin>{Origin::Kernel, Origin::Listener};
}

// Both merged.
template<class Key>
bool are_within(const Alternatives<Key>& inner, const Alternatives<Key>& outer) {
  if (outer.empty())
    return true;
  if (inner.empty())
    return false;
  return std::ranges::all_of(inner, [&](const Interval<Key>& one) {
    const auto behind = std::ranges::upper_bound(outer, one.first, {}, &Interval<Key>::first);
    return behind != outer.begin() && one.last <= std::prev(behind)->last;
  });
}

template<class Key>
bool do_meet(const Alternatives<Key>& a, const Alternatives<Key>& b) {
  if (a.empty() || b.empty())
    return true;
  auto one = a.begin();
  auto other = b.begin();
  while (one != a.end() && other != b.end()) {
    if (one->last < other->first)
      ++one;
    else if (other->last < one->first)
      ++other;
    else
      return true;
  }
  return false;
}

// Of the week; none: always.
Alternatives<std::uint16_t> minutes_of(const std::vector<TimeWindow>& windows) {
  constexpr unsigned week = 7;
  constexpr unsigned day = 1440;
  Alternatives<std::uint16_t> out;
  const auto add = [&](unsigned weekday, unsigned from, unsigned to) {
    out.push_back({static_cast<std::uint16_t>(weekday * day + from),
                   static_cast<std::uint16_t>(weekday * day + to - 1)});
  };
  for (const auto& [days, from, to] : windows) {
    for (unsigned weekday = 0; weekday < week; ++weekday) {
      if (!days[weekday])
        continue;
      add(weekday, from, from < to ? to : day);
      if (from >= to)
        add((weekday + 1) % week, 0, to);
    }
  }
  const auto all = merged(out);
  const Interval<std::uint16_t> always{0, week * day - 1};
  return all.size() == 1 && all[0] == always ? Alternatives<std::uint16_t>() : all;
}

// A process is in several groups: those of one rule, and those of another.
bool has_several_values(std::string_view dimension) {
  return dimension == "group";
}

} // namespace

RuleCover::RuleCover(const Rule& rule) : conditions_(rule.conditions) {
  std::apply(
      [&](const auto&... each) {
        ((conditions_.*each.alternatives = merged(std::move(conditions_.*each.alternatives))), ...);
      },
      dimensions);
  if (is_any(conditions_.origin))
    conditions_.origin.clear();
  times_ = minutes_of(rule.times);
}

bool RuleCover::covers(const RuleCover& other) const {
  const bool conditions = std::apply(
      [&](const auto&... each) {
        return (are_within(other.conditions_.*each.alternatives, conditions_.*each.alternatives) &&
                ...);
      },
      dimensions);
  return conditions && are_within(other.times_, times_);
}

bool RuleCover::meets(const RuleCover& other) const {
  const bool conditions = std::apply(
      [&](const auto&... each) {
        return ((has_several_values(each.name) ||
                 do_meet(conditions_.*each.alternatives, other.conditions_.*each.alternatives)) &&
                ...);
      },
      dimensions);
  return conditions && do_meet(times_, other.times_);
}

std::vector<Bounds> bounds_of(const std::vector<Rule>& rules) {
  std::vector<Bounds> out(rules.size());
  std::size_t number = 0;
  const auto fill = [&]<class Key, class Values>(const Dimension<Key, Values>& dimension) {
    std::vector<Key> ends;
    for (const auto& rule : rules) {
      for (const auto& [first, last] : rule.conditions.*dimension.alternatives) {
        ends.push_back(first);
        ends.push_back(last);
      }
    }
    std::ranges::sort(ends);
    const auto place_of = [&](const Key& key) {
      return static_cast<std::uint32_t>(std::ranges::lower_bound(ends, key) - ends.begin());
    };
    for (std::size_t i = 0; i < rules.size(); ++i) {
      out[i].first.at(number) = no_bound;
      for (const auto& [first, last] : rules[i].conditions.*dimension.alternatives) {
        out[i].first.at(number) = std::min(out[i].first.at(number), place_of(first));
        out[i].last.at(number) = std::max(out[i].last.at(number), place_of(last));
      }
      if (out[i].first.at(number) == no_bound || has_several_values(dimension.name)) {
        out[i].first.at(number) = 0;
        out[i].last.at(number) = no_bound;
      }
    }
    ++number;
  };
  std::apply([&](const auto&... each) { (fill(each), ...); }, dimensions);
  return out;
}

} // namespace ktls::policy
