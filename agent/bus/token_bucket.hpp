// SPDX-License-Identifier: GPL-2.0-or-later
// TokenBucket: so many at once, and so many a second.
#pragma once

#include <algorithm>
#include <chrono>

namespace ktls::bus {

class TokenBucket {
public:
  using Clock = std::chrono::steady_clock;

  // Full at first. Both are more than 0.
  TokenBucket(double burst, double per_second, Clock::time_point now)
      : burst_(burst), per_second_(per_second), tokens_(burst), filled_(now) {}

  [[nodiscard]] bool take(Clock::time_point now) {
    if (!has(1, now))
      return false;
    tokens_ -= 1;
    return true;
  }
  [[nodiscard]] bool has(double tokens, Clock::time_point now) {
    fill(now);
    return tokens_ >= tokens;
  }
  // When it will have so many, if none is taken before. At most `burst` counts.
  [[nodiscard]] Clock::time_point time_of(double tokens) const {
    const std::chrono::duration<double> wait((std::min(tokens, burst_) - tokens_) / per_second_);
    // one more than it takes: it is rounded down
    return filled_ + std::chrono::duration_cast<Clock::duration>(wait) +
           std::chrono::microseconds(1);
  }

private:
  void fill(Clock::time_point now) {
    const std::chrono::duration<double> passed = std::max(now, filled_) - filled_;
    tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
    filled_ = std::max(now, filled_);
  }

  double burst_;
  double per_second_;
  double tokens_;
  Clock::time_point filled_;
};

} // namespace ktls::bus
