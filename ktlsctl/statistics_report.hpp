// SPDX-License-Identifier: GPL-2.0-or-later
// What ktlsctl stats prints. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bus/agent1.hpp"
#include "ktlsctl/json.hpp"
#include "ktlsctl/terminal.hpp"

namespace ktls::command {

// Without `all`, histograms are their count and their sum alone.
[[nodiscard]] std::string statistics_table(const std::vector<bus::Sample>& samples, bool all,
                                           std::optional<std::size_t> width,
                                           const Palette& palette);
[[nodiscard]] Json statistics_json(const std::vector<bus::Sample>& samples);

} // namespace ktls::command
