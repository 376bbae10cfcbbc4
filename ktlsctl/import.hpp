// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl policy import: other programs' configurations, put into the language of ktlsd.toml.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_import(CLI::App& policy, int& status);

} // namespace ktls::command
