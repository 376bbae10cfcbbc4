// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/agent_call.hpp"

namespace ktls::bus {

void CallDesk::forget(const std::string& sender) {
  table_.forget(sender);
  callers_.forget(sender);
  authorizer_.forget(sender);
}

} // namespace ktls::bus
