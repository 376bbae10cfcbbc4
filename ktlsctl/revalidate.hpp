// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl revalidate.
#pragma once

namespace CLI {
class App;
}

namespace ktls::command {

void add_revalidate(CLI::App& app, int& status);

} // namespace ktls::command
