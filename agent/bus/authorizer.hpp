// SPDX-License-Identifier: GPL-2.0-or-later
// Authorizer: who may do what with the agent. Root may, the owner of what it is about may, and
// whoever polkit says may; nobody else.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "bus/agent1.hpp"
#include "bus/polkit.hpp"

namespace ktls::bus {

class Authorizer {
public:
  enum class Verdict { Allowed, Refused, Busy };
  using Owns = std::function<bool(uid_t)>;
  struct Question {
    Action action;
    bool interactive = false; // polkit may ask the user
    Owns owns;                // not set: nobody owns what this is about
  };

  Authorizer(Connection& connection, Polkit::Waits waits) : polkit_(connection, waits) {}

  // Calls back once, perhaps before this returns.
  void judge(const std::string& sender, uid_t uid, const Question& question,
             std::function<void(Verdict)> then);
  // It has left the bus.
  void forget(const std::string& sender) { polkit_.forget(sender); }

private:
  Polkit polkit_;
};

} // namespace ktls::bus
