// SPDX-License-Identifier: GPL-2.0-or-later
// Filters: users by the names in certificates, below an anchor. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/anchor.hpp"
#include "identity/answer.hpp"
#include "identity/context.hpp"
#include "identity/match_rule.hpp"
#include "identity/user_template.hpp"
#include "policy/conditions.hpp"

namespace ktls::identity {

// On which connections. Each that is given has to be met, by one of its values.
struct Criteria {
  Texts rules;
  policy::Alternatives<std::uint16_t> local_ports;
  policy::Alternatives<std::string> server_names; // of names that are turned around

  [[nodiscard]] bool are_met_by(const Context& context) const;
  [[nodiscard]] std::size_t count() const;
  // Whether one connection could meet both.
  [[nodiscard]] bool overlap(const Criteria& other) const;
};

// [[filter]]
struct Filter {
  std::string name;
  std::size_t anchor = 0; // index
  MatchRule match;
  std::optional<UserTemplate> user; // none: whoever matches is refused
  Criteria criteria;
  std::string where;

  [[nodiscard]] Specificity specificity() const;
};

// Of two for the same certificates and connections, none of which is the more specific, what is
// wrong with the second; empty: nothing.
[[nodiscard]] std::string tie_of(const Filter& first, const Filter& second);

class Filters {
public:
  static constexpr std::size_t max_filters = 1000;
  // For one certificate, over all filters: bytes of names by steps of patterns. About 50 ms.
  static constexpr std::size_t max_comparisons = 16UL * 1024 * 1024;

  // `filters` in any order; the most specific one counts.
  explicit Filters(std::vector<Filter> filters);

  // `anchor`: index of the one at which the chain ends.
  [[nodiscard]] Step map(const PeerIdentity& peer, const Context& context,
                         const std::vector<Anchor>& anchors,
                         std::optional<std::size_t> anchor) const;
  [[nodiscard]] const std::vector<Filter>& all() const { return filters_; }

private:
  std::vector<Filter> filters_; // the most specific first
};

} // namespace ktls::identity
