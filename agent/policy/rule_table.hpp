// SPDX-License-Identifier: GPL-2.0-or-later
// Reading [[rule]].
#pragma once

#include "policy/account_values.hpp"
#include "policy/name_index.hpp"
#include "policy/policy.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

// What rules refer to, and the names of those that were read.
struct RuleReader {
  const AgentSettings& agent;
  const std::vector<ProfileSettings>& profiles;
  const NameIndex& profile_names;
  KnownAccounts& accounts;
  NameIndex& rule_names;
  Report& report;

  [[nodiscard]] Rule read(const toml::table& table, std::uint32_t file) const;
};

} // namespace ktls::policy
