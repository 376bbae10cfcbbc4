// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl policy check, show and explain: what a configuration says. None needs a running agent.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_policy(CLI::App& app, int& status);

} // namespace ktls::command
