// SPDX-License-Identifier: GPL-2.0-or-later
// Pairs of rules that have to do with each other: of thousands of rules, in a fraction of a second.
#pragma once

#include <functional>
#include <vector>

#include "policy/rule_cover.hpp"

namespace ktls::policy {

// Calls `use` with the numbers of each two rules that meet as far as their bounds tell, the lower
// first. False: it was given up, by `use` saying so.
bool each_near_pair(const std::vector<Bounds>& rules,
                    const std::function<bool(std::size_t, std::size_t)>& use);

} // namespace ktls::policy
