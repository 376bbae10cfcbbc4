// SPDX-License-Identifier: GPL-2.0-or-later
// Policies from text, on a host where there are all users and groups.
#pragma once

#include "fuzz.hpp"
#include "policy/policy.hpp"

namespace ktls::fuzz {

inline tl::expected<policy::Policy, policy::Problems>
parse_policy(const std::vector<policy::SourceFile>& files) {
  static const policy::Accounts accounts{
      [](const std::string&) { return std::optional<uid_t>(1000); },
      [](const std::string&) { return std::optional<gid_t>(1000); }};
  return policy::parse_policy(files, accounts);
}
inline tl::expected<policy::Policy, policy::Problems> parse_policy(std::string text) {
  return parse_policy(std::vector<policy::SourceFile>{{"f", std::move(text)}});
}

} // namespace ktls::fuzz
