// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/signal_sender.hpp"

#include <algorithm>
#include <chrono>

namespace ktls::bus {
namespace {

constexpr std::chrono::milliseconds settling_interval{100};

} // namespace

// Who gets no more signals is to know of those that were dropped as well.
void SignalSender::arm() {
  const auto at = subscribers_.settle_at();
  if (!at || settling_)
    return;
  auto& loop = connection_.loop();
  auto timer = loop.on_time(std::max(*at, loop.now() + settling_interval), [this] {
    settling_.reset();
    subscribers_.settle(connection_.loop().now());
    arm();
    connection_.flush();
  });
  check(timer.has_value(), "a timer can be had");
  settling_ = std::move(*timer);
}

} // namespace ktls::bus
