// SPDX-License-Identifier: GPL-2.0-or-later
// RuleCover: for which requests a rule is, so that two rules can be compared. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "policy/policy.hpp"

namespace ktls::policy {

inline constexpr std::size_t dimension_count = std::tuple_size_v<decltype(dimensions)>;

class RuleCover {
public:
  explicit RuleCover(const Rule& rule);

  // Each request that the other rule applies to, this one does, too. Sometimes not seen: networks
  // that only together are another one.
  [[nodiscard]] bool covers(const RuleCover& other) const;
  // Some request could have both apply to it.
  [[nodiscard]] bool meets(const RuleCover& other) const;

private:
  Conditions conditions_;             // alternatives in order, none of which meet
  Alternatives<std::uint16_t> times_; // minutes of the week, likewise; none: always
};

// From the least to the greatest value of each condition, as numbers that can be compared quickly
// among the rules of a policy.
struct Bounds {
  std::array<std::uint32_t, dimension_count> first{};
  std::array<std::uint32_t, dimension_count> last{};

  [[nodiscard]] bool meet(const Bounds& other) const {
    unsigned apart = 0;
    for (std::size_t i = 0; i < dimension_count; ++i)
      apart |= static_cast<unsigned>(first[i] > other.last[i]) |
               static_cast<unsigned>(other.first[i] > last[i]);
    return apart == 0;
  }
};

[[nodiscard]] std::vector<Bounds> bounds_of(const std::vector<Rule>& rules);
inline constexpr std::uint32_t no_bound = UINT32_MAX; // as last, with first = 0

} // namespace ktls::policy
