// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl rekey: new keys for a session.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_rekey(CLI::App& app, int& status);

} // namespace ktls::command
