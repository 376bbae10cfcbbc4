// SPDX-License-Identifier: GPL-2.0-or-later
// LineLimit: how many lines of one kind go into the log, and how many were left out.
#pragma once

#include <chrono>
#include <cstddef>
#include <utility>

namespace ktls {

class LineLimit {
public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds window{1};
  static constexpr std::size_t most = 20; // lines in each window

  // Whether this line may be written; if not, it is counted as left out.
  bool allows(Clock::time_point now) {
    if (now - begin_ >= window) {
      begin_ = now;
      written_ = 0;
    }
    if (written_ < most) {
      ++written_;
      return true;
    }
    ++left_out_;
    return false;
  }

  // How many were left out since this was last asked.
  std::size_t take_left_out() { return std::exchange(left_out_, 0); }

private:
  Clock::time_point begin_;
  std::size_t written_ = 0;
  std::size_t left_out_ = 0;
};

} // namespace ktls
