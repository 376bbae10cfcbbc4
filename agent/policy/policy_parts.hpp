// SPDX-License-Identifier: GPL-2.0-or-later
// What a Policy is made of.
#pragma once

#include "policy/policy.hpp"

namespace ktls::policy {

struct Policy::Parts {
  // Puts the rules in order.
  Parts(AgentSettings agent_settings, Action default_is, std::vector<NamedCredential> named,
        std::vector<ProfileSettings> profile_settings, std::vector<Rule> rules_as_read);

  AgentSettings agent;
  Action default_action;
  std::vector<NamedCredential> credentials;
  std::vector<ProfileSettings> profiles;
  std::vector<Rule> rules;
  AskedFacts asked;
  RuleIndex index;
};

} // namespace ktls::policy
