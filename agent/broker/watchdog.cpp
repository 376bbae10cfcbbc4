// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/watchdog.hpp"

#include <systemd/sd-daemon.h>

namespace ktls {

void Watchdog::start() {
  std::uint64_t limit_us = 0;
  if (::sd_watchdog_enabled(0, &limit_us) <= 0)
    return;
  interval_ = std::chrono::microseconds(limit_us / 2); // as sd_watchdog_enabled(3) recommends
  feed();
}

void Watchdog::feed() {
  (void)::sd_notify(0, "WATCHDOG=1");
  auto timer = loop_.on_time(loop_.now() + interval_, [this] { feed(); });
  check(timer.has_value(), "a timer can be set");
  timer_ = std::move(*timer);
}

} // namespace ktls
