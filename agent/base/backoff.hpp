// SPDX-License-Identifier: GPL-2.0-or-later
// Backoff: how long to wait before something that keeps failing is tried again.
#pragma once

#include <algorithm>
#include <chrono>

namespace ktls {

class Backoff {
public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds first{100};
  static constexpr std::chrono::milliseconds longest{10'000};
  // What lasted this long was sound: the next failure is a first one again.
  static constexpr std::chrono::seconds sound{30};

  // `lasted`: from the last start to the failure.
  std::chrono::milliseconds next(Clock::duration lasted) {
    delay_ = lasted >= sound || delay_.count() == 0 ? first : std::min(delay_ * 2, longest);
    return delay_;
  }

private:
  std::chrono::milliseconds delay_{0};
};

} // namespace ktls
