// SPDX-License-Identifier: GPL-2.0-or-later
// Reading [credential.NAME].
#pragma once

#include "policy/policy.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

// `node`: the table, or the array of tables.
[[nodiscard]] NamedCredential read_credential(const std::string& name, const toml::node& node,
                                              std::uint32_t file, Report& report);

} // namespace ktls::policy
