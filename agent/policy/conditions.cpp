// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/conditions.hpp"

namespace ktls::policy {
namespace {

template<class Key, class Values>
bool is_met(const Dimension<Key, Values>& dimension, const Conditions& conditions,
            const Facts& facts) {
  const auto& alternatives = conditions.*dimension.alternatives;
  bool met = alternatives.empty();
  dimension.values(facts, [&](const Key& value) {
    met = met || std::any_of(alternatives.begin(), alternatives.end(),
                             [&](const Interval<Key>& one) { return one.has(value); });
  });
  return met;
}

} // namespace

std::optional<std::string_view> Conditions::unmet_by(const Facts& facts) const {
  std::optional<std::string_view> unmet;
  const auto look_at = [&](const auto& dimension) {
    if (!unmet && !is_met(dimension, *this, facts))
      unmet = dimension.name;
  };
  std::apply([&](const auto&... each) { (look_at(each), ...); }, dimensions);
  return unmet;
}

std::vector<std::string_view> Conditions::all_unmet_by(const Facts& facts) const {
  std::vector<std::string_view> unmet;
  const auto look_at = [&](const auto& dimension) {
    if (!is_met(dimension, *this, facts))
      unmet.push_back(dimension.name);
  };
  std::apply([&](const auto&... each) { (look_at(each), ...); }, dimensions);
  return unmet;
}

Interval<std::string> beginning_with(const std::string& text) {
  // longer than the name of a file can be: whoever chooses it may have chosen such bytes, too
  constexpr std::size_t beyond_all = 256;
  return {text, text + std::string(beyond_all, '\xff')};
}

Interval<std::string> server_names(std::string_view pattern) {
  if (!pattern.starts_with("*."))
    return exactly(turned_around(pattern));
  return beginning_with(turned_around(pattern.substr(1)));
}

std::string turned_around(std::string_view name) {
  return {name.rbegin(), name.rend()};
}

} // namespace ktls::policy
