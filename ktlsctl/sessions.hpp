// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl sessions: the open ones, once or again and again.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_sessions(CLI::App& app, int& status);

} // namespace ktls::command
