// SPDX-License-Identifier: GPL-2.0-or-later
// What ktlsctl status prints. Pure.
#pragma once

#include <string>

#include "bus/agent1.hpp"
#include "ktlsctl/json.hpp"
#include "ktlsctl/terminal.hpp"
#include "ktlsctl/time_text.hpp"

namespace ktls::command {

[[nodiscard]] std::string status_report(const bus::AgentStatus& status, WallTime now,
                                        const Palette& palette);
[[nodiscard]] Json status_json(const bus::AgentStatus& status);

} // namespace ktls::command
