// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of a profile that are about the users that certificates belong to.
#pragma once

#include "policy/mapping_demands.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

[[nodiscard]] MappingDemands read_mapping(const Table& in);

} // namespace ktls::policy
