// SPDX-License-Identifier: GPL-2.0-or-later
// Pump: runs an event loop piece by piece, as EventLoop::run() can end only once.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "base/event_loop.hpp"

namespace ktls::test {

class Pump {
public:
  explicit Pump(EventLoop& loop) : loop_(loop) {}

  // At most one callback; false when none was due.
  bool once() { return loop_.run_once(std::chrono::milliseconds(0)).value(); }
  void until_idle() {
    while (once()) {
    }
  }
  // Waits, at most a minute, which only a failing test does.
  template<class Condition>
  void until(Condition holds) {
    const auto limit = EventLoop::Clock::now() + std::chrono::minutes(1);
    while (!holds() && EventLoop::Clock::now() < limit)
      (void)loop_.run_once(std::chrono::seconds(1));
    EXPECT_TRUE(holds());
  }
  // What EventLoop::exit() was called with.
  [[nodiscard]] std::optional<int> exit_status() const { return loop_.exit_status(); }

private:
  EventLoop& loop_;
};

} // namespace ktls::test
