// SPDX-License-Identifier: GPL-2.0-or-later
// Pump: runs an event loop piece by piece, as EventLoop::run() can end only once.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "base/event_loop.hpp"

namespace ktls::test {

class Pump {
public:
  explicit Pump(EventLoop& loop)
      : source_(loop.on_time(EventLoop::Clock::now() + std::chrono::hours(1), [] {}).value()) {}

  // At most one callback; false when none was due.
  bool once() { return sd_event_run(event(), 0) > 0; }
  void until_idle() {
    while (once()) {
    }
  }
  // Waits, at most a minute, which only a failing test does.
  template<class Condition>
  void until(Condition holds) {
    const auto limit = EventLoop::Clock::now() + std::chrono::minutes(1);
    while (!holds() && EventLoop::Clock::now() < limit)
      (void)sd_event_run(event(), 1'000'000);
    EXPECT_TRUE(holds());
  }
  // What EventLoop::exit() was called with.
  [[nodiscard]] std::optional<int> exit_status() const {
    int status = 0;
    return sd_event_get_exit_code(event(), &status) < 0 ? std::nullopt : std::optional(status);
  }

private:
  [[nodiscard]] sd_event* event() const { return sd_event_source_get_event(source_.get()); }

  EventSource source_;
};

} // namespace ktls::test
