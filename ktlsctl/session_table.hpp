// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions as a table. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bus/agent1.hpp"
#include "ktlsctl/terminal.hpp"
#include "ktlsctl/time_text.hpp"

namespace ktls::command {

[[nodiscard]] std::string session_table(const std::vector<bus::SessionRow>& rows, WallTime now,
                                        std::optional<std::size_t> width, const Palette& palette);

} // namespace ktls::command
