// SPDX-License-Identifier: GPL-2.0-or-later
// Which keys of a profile go together.
#pragma once

#include "policy/policy.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

// With role, client_auth_type, psk and proof of `profile` read. A key that is inherited, and does
// not go with one that the heir says, is forgotten; else two that do not go together are an error.
void check_combinations(const ProfileSettings& profile, Table& in);

} // namespace ktls::policy
