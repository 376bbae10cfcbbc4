// SPDX-License-Identifier: GPL-2.0-or-later
// All commands of ktlsctl.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

// The one that is on the command line is done when `app` parses it; `status` is what to exit with.
void add_commands(CLI::App& app, int& status);

} // namespace ktls::command
