// SPDX-License-Identifier: GPL-2.0-or-later
// What ktlsctl log-level prints. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bus/agent1.hpp"
#include "ktlsctl/json.hpp"
#include "ktlsctl/terminal.hpp"

namespace ktls::command {

[[nodiscard]] std::string log_level_table(const std::vector<bus::LogLevelRow>& rows,
                                          std::optional<std::size_t> width, const Palette& palette);
[[nodiscard]] Json log_levels_json(const std::vector<bus::LogLevelRow>& rows);

} // namespace ktls::command
