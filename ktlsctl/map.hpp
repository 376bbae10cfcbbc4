// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl map test and show: whose a certificate is, and by what that is decided.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_map(CLI::App& app, int& status);

} // namespace ktls::command
