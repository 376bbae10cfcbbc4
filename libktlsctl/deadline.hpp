// SPDX-License-Identifier: LGPL-2.1-or-later
// Deadline: a point on CLOCK_MONOTONIC. (std::chrono's clocks would need libstdc++ at run time.)
#pragma once

#include <chrono>

namespace ktls {

class Deadline {
public:
  explicit Deadline(std::chrono::milliseconds from_now) noexcept;

  // Rounded up; zero once it has passed.
  [[nodiscard]] std::chrono::milliseconds remaining() const noexcept;

private:
  std::chrono::nanoseconds when_;
};

// Waits for `events` of poll(2) on `fd`, through any signals. 0, or a positive errno: ETIMEDOUT.
[[nodiscard]] int wait_for(int fd, short events, const Deadline& deadline) noexcept;

} // namespace ktls
