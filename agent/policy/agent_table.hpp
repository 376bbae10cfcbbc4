// SPDX-License-Identifier: GPL-2.0-or-later
// Reading [agent].
#pragma once

#include "policy/policy.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

[[nodiscard]] std::span<const Key> agent_keys();

[[nodiscard]] AgentSettings read_agent(const Table& in);
[[nodiscard]] Action read_default_action(const Table& in);

} // namespace ktls::policy
