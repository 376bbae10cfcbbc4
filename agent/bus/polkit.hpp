// SPDX-License-Identifier: GPL-2.0-or-later
// Polkit: asks org.freedesktop.PolicyKit1 whether somebody may do something.
#pragma once

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
  enum class Answer { Yes, No, Busy };          // No: also when there is none
  static constexpr std::size_t max_checks = 64; // at a time; Busy beyond

  Polkit(Connection& connection, Waits waits) : connection_(connection), waits_(waits) {}

  // Calls back once, perhaps before this returns. `subject` is a unique name (":1.7").
  // `interactive`: its user may be asked for a password.
  void check(const std::string& subject, Action action, bool interactive,
             std::function<void(Answer)> then);
  // It has left the bus: nobody is to be asked for it any more.
  void forget(const std::string& subject);

private:
  void cancel(const std::string& id);

  Connection& connection_;
  Waits waits_;
  std::uint64_t last_ = 0;
  std::map<std::string, std::string> checks_; // by the id that cancels it: of which subject
};

} // namespace ktls::bus
