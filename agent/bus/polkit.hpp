// SPDX-License-Identifier: GPL-2.0-or-later
// Polkit: asks org.freedesktop.PolicyKit1 whether somebody may do something.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "bus/agent1.hpp"
#include "bus/connection.hpp"

namespace ktls::bus {

class Polkit {
public:
  // How long an answer is waited for.
  struct Waits {
    std::chrono::microseconds interactive = std::chrono::seconds(25); // a user types a password
    std::chrono::microseconds other = std::chrono::seconds(5);
  };
  enum class Answer { Yes, No, Busy }; // No: also when there is none
  // At a time; Busy beyond. Those of a caller who has left the bus count until polkit has answered.
  static constexpr std::size_t max_checks = 64;
  static constexpr std::size_t max_checks_of_one = max_calls_of_one; // user

  Polkit(Connection& connection, Waits waits) : connection_(connection), waits_(waits) {}

  // Calls back once, perhaps before this returns. `subject` is a unique name (":1.7"), and `uid`
  // whose it is. `interactive`: its user may be asked for a password.
  void check(const std::string& subject, uid_t uid, Action action, bool interactive,
             std::function<void(Answer)> then);
  // It has left the bus: nobody is to be asked for it any more.
  void forget(const std::string& subject);

private:
  void cancel(const std::string& id);

  Connection& connection_;
  Waits waits_;
  std::uint64_t last_ = 0;
  struct Subject {
    std::string name;
    uid_t uid = 0;
  };
  std::map<std::string, Subject> checks_; // by the id that cancels it
};

} // namespace ktls::bus
