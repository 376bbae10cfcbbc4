// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl monitor: what happens, as it happens.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_monitor(CLI::App& app, int& status);

} // namespace ktls::command
