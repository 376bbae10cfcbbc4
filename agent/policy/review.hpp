// SPDX-License-Identifier: GPL-2.0-or-later
// What a policy that is sound says, but perhaps does not mean. Pure.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.hpp"

namespace ktls::policy {

struct Remark {
  enum class Kind { Warning, Note };

  Kind kind;
  std::string text; // "file:line: key: what is remarkable"
};

// In the order of agent, credentials, profiles and rules. Takes below a second for 10,000 rules.
[[nodiscard]] std::vector<Remark> review(const Policy& policy);

} // namespace ktls::policy
