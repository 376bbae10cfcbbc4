// SPDX-License-Identifier: GPL-2.0-or-later
// What a policy asks of this process and of the kernel.
#pragma once

#include <functional>

#include "base/result.hpp"
#include "policy/policy.hpp"

namespace ktls {

// Whether what a policy asks for can be found out, or done, here.
struct Abilities {
  std::function<bool()> see_executables; // of all users' programs
  std::function<Result<>()> tell_directions;
  std::function<bool()> end_sessions; // of others
};

// Asked only for what some rule for applications, or some profile, needs. A policy with unmet needs
// must not come into force: a rule that denies would miss what it is for. Each with the rule and
// what to do.
[[nodiscard]] policy::Problems unmet_needs(const policy::Policy& policy,
                                           const Abilities& abilities);

// CAP_*, permitted to this process.
[[nodiscard]] bool has_capability(int capability);

} // namespace ktls
