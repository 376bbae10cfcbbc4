// SPDX-License-Identifier: GPL-2.0-or-later
// One page of what is shown again and again. Pure.
#pragma once

#include <string>
#include <string_view>

#include "ktlsctl/terminal.hpp"

namespace ktls::command {

// On a terminal it takes the place of what is there, and `body` is cut to its height; elsewhere it
// follows what was before, with an empty line in between.
[[nodiscard]] std::string watch_page(std::string_view head, std::string_view body,
                                     const Terminal& terminal);

} // namespace ktls::command
