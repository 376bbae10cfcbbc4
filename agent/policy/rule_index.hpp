// SPDX-License-Identifier: GPL-2.0-or-later
// RuleIndex: which rules apply to a request, of thousands, in a microsecond or so.
#pragma once

#include <memory>
#include <vector>

#include "policy/conditions.hpp"
#include "policy/rule_set.hpp"

namespace ktls::policy {

// For each condition it is found out on its own which rules it lets through; the rules that all of
// them let through are those that apply.
class RuleIndex {
public:
  // Of the rules with these conditions, in the order of their numbers.
  explicit RuleIndex(const std::vector<Conditions>& rules);
  RuleIndex(RuleIndex&&) noexcept;
  RuleIndex& operator=(RuleIndex&&) noexcept;
  ~RuleIndex();

  // Any: as if the name that a peer will ask for could be each one.
  enum class ServerName { AsInFacts, Any };
  [[nodiscard]] RuleSet rules_for(const Facts& facts,
                                  ServerName server_name = ServerName::AsInFacts) const;

private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

} // namespace ktls::policy
