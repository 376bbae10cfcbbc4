// SPDX-License-Identifier: GPL-2.0-or-later
// KnownUnits: the systemd units of processes, remembered for a moment: one that asks for many
// handshakes is looked up once. To be shown; who may do what goes by facts_of_caller().
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/event_loop.hpp"

namespace ktls {

class KnownUnits {
public:
  using Clock = EventLoop::Clock;
  // Shorter than it takes until a process number of the same user is another process.
  static constexpr std::chrono::seconds life{1};
  static constexpr std::size_t max_known = 1024;

  explicit KnownUnits(std::function<std::string(pid_t)> look_up) : look_up_(std::move(look_up)) {}

  // Empty: it is in none.
  const std::string& of(pid_t pid, uid_t uid, Clock::time_point now) {
    auto& known = known_[{pid, uid}];
    if (now < known.until)
      return known.unit;
    if (known_.size() > max_known) {
      known_.clear();
      return of(pid, uid, now);
    }
    known = {look_up_(pid), now + life};
    return known.unit;
  }

private:
  struct Known {
    std::string unit;
    Clock::time_point until{};
  };

  std::function<std::string(pid_t)> look_up_;
  std::map<std::pair<pid_t, uid_t>, Known> known_;
};

} // namespace ktls
