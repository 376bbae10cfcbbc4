// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl terminate: ends connections.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_terminate(CLI::App& app, int& status);

} // namespace ktls::command
