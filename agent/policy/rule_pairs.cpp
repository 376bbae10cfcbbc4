// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/rule_pairs.hpp"

#include <algorithm>
#include <numeric>

namespace ktls::policy {
namespace {

using Numbers = std::vector<std::size_t>;

bool is_bounded(const Bounds& rule, std::size_t dimension) {
  return rule.last.at(dimension) != no_bound;
}

Numbers in_order_of(const std::vector<Bounds>& rules, std::size_t dimension) {
  Numbers order(rules.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return std::pair(is_bounded(rules[i], dimension), rules[i].first.at(dimension));
  });
  return order;
}

// How many pairs are left to compare when they are told apart by this condition first.
std::size_t pairs_by(const std::vector<Bounds>& rules, std::size_t dimension) {
  std::vector<std::uint32_t> first;
  std::vector<std::uint32_t> last;
  for (const auto& rule : rules) {
    if (is_bounded(rule, dimension)) {
      first.push_back(rule.first.at(dimension));
      last.push_back(rule.last.at(dimension));
    }
  }
  std::ranges::sort(first);
  std::ranges::sort(last);
  std::size_t apart = 0;
  std::size_t ended = 0;
  for (const auto begin : first) {
    while (ended < last.size() && last[ended] < begin)
      ++ended;
    apart += ended;
  }
  return rules.size() * (rules.size() - 1) / 2 - apart;
}

std::size_t best_dimension(const std::vector<Bounds>& rules) {
  std::array<std::size_t, dimension_count> pairs{};
  for (std::size_t i = 0; i < dimension_count; ++i)
    pairs.at(i) = pairs_by(rules, i);
  return static_cast<std::size_t>(std::ranges::min_element(pairs) - pairs.begin());
}

} // namespace

bool each_near_pair(const std::vector<Bounds>& rules,
                    const std::function<bool(std::size_t, std::size_t)>& use) {
  if (rules.empty())
    return true;
  const auto dimension = best_dimension(rules);
  const auto order = in_order_of(rules, dimension);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& rule = rules[order[i]];
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      const auto& other = rules[order[j]];
      // those that begin later still do not meet it either
      if (is_bounded(rule, dimension) && other.first.at(dimension) > rule.last.at(dimension))
        break;
      if (rule.meet(other) && !use(std::min(order[i], order[j]), std::max(order[i], order[j])))
        return false;
    }
  }
  return true;
}

} // namespace ktls::policy
