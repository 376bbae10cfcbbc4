// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions, as the agent lists them.
#pragma once

#include <vector>

#include "ktlsctl/agent.hpp"

namespace ktls::command {

// All that `filter` is for, page by page.
Outcome<std::vector<bus::SessionRow>> list_sessions(Agent& agent, const bus::SessionFilter& filter);

} // namespace ktls::command
