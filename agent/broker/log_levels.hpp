// SPDX-License-Identifier: GPL-2.0-or-later
// LogLevels: how much is logged of each profile's connections: what the policy says, or an
// administrator since.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "policy/policy.hpp"

namespace ktls {

class LogLevels {
public:
  [[nodiscard]] policy::LogLevel of(const policy::ProfileSettings& profile) const;
  // Instead of what the policy says, until this agent ends or a policy has no such profile. None:
  // as the policy says from here on. False: `policy` has no such profile.
  [[nodiscard]] bool set(const policy::Policy& policy, const std::string& profile,
                         std::optional<policy::LogLevel> level);
  // A new policy is in force.
  void on_policy(const policy::Policy& policy);

private:
  std::map<std::string, policy::LogLevel> set_;
};

// Null: there is none of this name.
[[nodiscard]] const policy::ProfileSettings* profile_named(const policy::Policy& policy,
                                                           const std::string& name);

} // namespace ktls
