// SPDX-License-Identifier: LGPL-2.1-or-later
#include "deadline.hpp"

#include <poll.h>

#include <cerrno>
#include <ctime>

namespace ktls {
namespace {

std::chrono::nanoseconds now() noexcept {
  timespec time{};
  (void)clock_gettime(CLOCK_MONOTONIC, &time); // cannot fail with this clock
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace

Deadline::Deadline(std::chrono::milliseconds from_now) noexcept : when_(now() + from_now) {}

std::chrono::milliseconds Deadline::remaining() const noexcept {
  const std::chrono::nanoseconds left = when_ - now();
  if (left <= std::chrono::nanoseconds::zero())
    return std::chrono::milliseconds::zero();
  return std::chrono::ceil<std::chrono::milliseconds>(left);
}

int wait_for(int fd, short events, const Deadline& deadline) noexcept {
  for (;;) {
    pollfd entry = {fd, events, 0};
    const auto left = deadline.remaining();
    const int ready = poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0)
      return 0;
    if (ready == 0 && deadline.remaining() == std::chrono::milliseconds::zero())
      return ETIMEDOUT;
    if (ready < 0 && errno != EINTR)
      return errno;
  }
}

} // namespace ktls
