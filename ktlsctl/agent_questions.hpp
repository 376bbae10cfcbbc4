// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl status, stats and credentials: what is asked of the agent with one question.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_status(CLI::App& app, int& status);
void add_stats(CLI::App& app, int& status);
void add_credentials(CLI::App& app, int& status);

} // namespace ktls::command
