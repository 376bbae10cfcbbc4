// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl show: all that is known of one session.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_show(CLI::App& app, int& status);

} // namespace ktls::command
