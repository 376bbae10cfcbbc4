// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl reload: has the running agent read its configuration anew.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace ktls::command {

void add_reload(CLI::App& app, int& status);

} // namespace ktls::command
