// SPDX-License-Identifier: GPL-2.0-or-later
// Why a policy does with a connection what it does, told to people. Pure.
#pragma once

#include <string>

#include "policy/policy.hpp"

namespace ktls::policy {

// Lines of plain ASCII: what happens, by which rule, and why the rules before it do not apply. Of
// many rules, those that come nearest.
[[nodiscard]] std::string explanation(const Policy& policy, const Facts& facts,
                                      const LocalTime& time);

} // namespace ktls::policy
