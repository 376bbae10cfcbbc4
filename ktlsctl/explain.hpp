// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl policy explain: which rule a connection gets, and why not an earlier one.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_explain(CLI::App& policy, int& status);

} // namespace ktls::command
