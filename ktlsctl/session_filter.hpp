// SPDX-License-Identifier: GPL-2.0-or-later
// Which sessions are meant, as options.
#pragma once

#include <string>

#include "bus/agent1.hpp"

namespace CLI {
class App;
}

namespace ktls::command {

// One for each thing that can be asked for; they are in `filter`, which must outlive `command`,
// when that has been parsed.
void add_filter_options(CLI::App& command, bus::SessionFilter& filter);

// Nothing is asked for: it is every session's.
[[nodiscard]] bool is_empty(const bus::SessionFilter& filter);

// A number of a session, or of a policy, is not taken for another one: without a sign, and without
// what makes it octal. Empty when it is one, else what is wrong.
[[nodiscard]] std::string wrong_number(const std::string& text);
// "192.0.2.1", "2001:db8::/32"; empty when it is one, else what is wrong.
[[nodiscard]] std::string wrong_prefix(const std::string& text);

} // namespace ktls::command
