// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/log_levels.hpp"

#include <algorithm>

namespace ktls {

const policy::ProfileSettings* profile_named(const policy::Policy& policy,
                                             const std::string& name) {
  const auto found = std::ranges::find(policy.profiles(), name, &policy::ProfileSettings::name);
  return found == policy.profiles().end() ? nullptr : &*found;
}

policy::LogLevel LogLevels::of(const policy::ProfileSettings& profile) const {
  const auto found = set_.find(profile.name);
  return found == set_.end() ? profile.log_level : found->second;
}

bool LogLevels::set(const policy::Policy& policy, const std::string& profile,
                    std::optional<policy::LogLevel> level) {
  if (profile_named(policy, profile) == nullptr)
    return false;
  if (level)
    set_.insert_or_assign(profile, *level);
  else
    set_.erase(profile);
  return true;
}

void LogLevels::on_policy(const policy::Policy& policy) {
  std::erase_if(set_, [&](const auto& one) { return profile_named(policy, one.first) == nullptr; });
}

} // namespace ktls
