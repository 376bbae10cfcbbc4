// SPDX-License-Identifier: GPL-2.0-or-later
// Watchdog: tells systemd that the event loop turns, where the unit has WatchdogSec=.
#pragma once

#include <chrono>

#include "base/event_loop.hpp"

namespace ktls {

class Watchdog {
public:
  // `loop` must outlive it.
  explicit Watchdog(EventLoop& loop) : loop_(loop) {}
  // Nothing happens where nobody watches.
  void start();

private:
  void feed();

  EventLoop& loop_;
  std::chrono::microseconds interval_{};
  EventSource timer_;
};

} // namespace ktls
