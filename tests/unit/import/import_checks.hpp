// SPDX-License-Identifier: GPL-2.0-or-later
// What tests of imports have in common: samples, and the policy that an import stands for.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "import/import.hpp"
#include "policy/policy.hpp"

namespace ktls::importer {

inline std::string sample(const std::string& name) {
  std::ifstream file(std::string(KTLS_IMPORT_DATA) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline constexpr std::array at_tls_samples{"zowe.policy", "db2-ddf.policy", "ftp.policy"};
inline constexpr std::array tlshd_samples{"tlshd-1.0.conf", "tlshd-1.2.conf", "tlshd-1.4.conf"};

// On a host where there are all users.
inline tl::expected<policy::Policy, policy::Problems> parse(const std::string& toml) {
  const std::vector<policy::SourceFile> files{{"import.toml", toml}};
  policy::Accounts accounts;
  accounts.uid = [](const std::string&) { return std::optional<uid_t>(1000); };
  accounts.gid = [](const std::string&) { return std::optional<gid_t>(1000); };
  return policy::parse_policy(files, accounts);
}

// An empty one, after a failure.
inline policy::Policy policy_of(const Import& import) {
  auto parsed = parse(import.toml);
  if (parsed)
    return *std::move(parsed);
  ADD_FAILURE() << import.toml << testing::PrintToString(parsed.error().lines);
  return *parse("");
}

inline const policy::Rule* rule(const policy::Policy& policy, std::string_view name) {
  const auto& rules = policy.rules();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const policy::Rule& one) { return one.name == name; });
  return found == rules.end() ? nullptr : &*found;
}

inline std::vector<std::string> rule_names(const policy::Policy& policy) {
  std::vector<std::string> out;
  for (const auto& one : policy.rules())
    out.push_back(one.name);
  return out;
}

} // namespace ktls::importer
