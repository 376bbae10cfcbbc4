// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl query: the session of a socket that a process holds.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_query(CLI::App& app, int& status);

} // namespace ktls::command
