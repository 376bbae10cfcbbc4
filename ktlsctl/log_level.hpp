// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl log-level: how much the agent logs of the connections of each profile.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_log_level(CLI::App& app, int& status);

} // namespace ktls::command
