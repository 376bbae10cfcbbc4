// SPDX-License-Identifier: GPL-2.0-or-later
// What the policy makes of a connection that somebody asks about over D-Bus. Pure.
#pragma once

#include "bus/agent1.hpp"
#include "policy/policy.hpp"

namespace ktls {

// InvalidFilter names what is wrong.
[[nodiscard]] bus::AgentAnswer<policy::Facts> facts_of(const bus::PolicyQuestion& question);
[[nodiscard]] bus::AgentAnswer<bus::PolicyAnswer> answer_to(const bus::PolicyQuestion& question,
                                                            const policy::Policy& policy,
                                                            const policy::LocalTime& time);

} // namespace ktls
