// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/needs.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace ktls {
namespace {

// Of services in the kernel the direction is known, and nothing else of this is asked for.
bool is_for_applications(const policy::Rule& rule) {
  const auto& origin = rule.conditions.origin;
  return origin.empty() || std::ranges::any_of(origin, [](const auto& interval) {
           return interval != policy::exactly(policy::Origin::Kernel);
         });
}

// The first one. Null: none asks.
template<class Key>
const policy::Rule* asking(const policy::Policy& policy,
                           policy::Alternatives<Key> policy::Conditions::*condition) {
  const auto& rules = policy.rules();
  const auto found = std::ranges::find_if(rules, [&](const policy::Rule& rule) {
    return !(rule.conditions.*condition).empty() && is_for_applications(rule);
  });
  return found == rules.end() ? nullptr : &*found;
}

std::string line(const policy::Rule& rule, std::string_view key, const std::string& text) {
  return fmt::format("{}: rule.{}.{}: {}", rule.where, rule.name, key, text);
}

} // namespace

policy::Problems unmet_needs(const policy::Policy& policy, const Abilities& abilities) {
  policy::Problems out;
  const auto* executable = asking(policy, &policy::Conditions::executable);
  if (executable != nullptr && !abilities.see_executables())
    out.lines.push_back(
        line(*executable, "executable",
             "needs CAP_SYS_PTRACE, which ktlsd does not have, or gave up when it started without "
             "such rules: restart it, with CAP_SYS_PTRACE in AmbientCapabilities= of its unit, and "
             "in CapabilityBoundingSet= where that is set"));
  const auto& profiles = policy.profiles();
  const auto ending = std::ranges::find_if(profiles, [](const policy::ProfileSettings& profile) {
    return profile.asks_user() && profile.mapping.revoked_sessions == policy::RevokedSessions::End;
  });
  if (ending != profiles.end() && !abilities.end_sessions())
    out.lines.push_back(fmt::format(
        "{}: profile.{}.revoked_sessions: \"end\" needs a kernel that ends connections of others "
        "(CONFIG_INET_DIAG_DESTROY), or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, which ktlsd does "
        "not "
        "have, or gave up when it started without such profiles: restart it, with both in "
        "AmbientCapabilities= of its unit, and in CapabilityBoundingSet= where that is set",
        ending->where, ending->name));
  const auto* direction = asking(policy, &policy::Conditions::direction);
  if (direction == nullptr)
    return out;
  if (const auto told = abilities.tell_directions(); !told)
    out.lines.push_back(
        line(*direction, "direction",
             fmt::format("cannot be found out: {}; modprobe tcp_diag, and have it loaded at boot, "
                         "see modules-load.d(5); the kernel needs CONFIG_INET_DIAG",
                         told.error().message())));
  return out;
}

bool has_capability(int capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) < 0)
    return false;
  const auto& set = sets.at(static_cast<std::size_t>(CAP_TO_INDEX(capability)));
  return (set.permitted & CAP_TO_MASK(capability)) != 0;
}

} // namespace ktls
