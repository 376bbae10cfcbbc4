// SPDX-License-Identifier: GPL-2.0-or-later
// What ktlsctl monitor prints of each event. Pure.
#pragma once

#include <string>

#include "bus/agent_client.hpp"
#include "ktlsctl/json.hpp"
#include "ktlsctl/terminal.hpp"
#include "ktlsctl/time_text.hpp"

namespace ktls::command {

// One line, with its end.
[[nodiscard]] std::string event_line(const bus::AgentEvent& event, WallTime when,
                                     const Palette& palette);
[[nodiscard]] Json event_json(const bus::AgentEvent& event, WallTime when);

// The agent has gone, or has come back, and is followed again.
[[nodiscard]] std::string presence_line(bool there, WallTime when, const Palette& palette);
[[nodiscard]] Json presence_json(bool there, WallTime when);

} // namespace ktls::command
