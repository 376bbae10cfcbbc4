// SPDX-License-Identifier: GPL-2.0-or-later
// Fd: sole owner of a file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace ktls {

class Fd {
public:
  Fd() = default;
  // Takes ownership of `fd`; a negative number is "none".
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept {
    const int old = std::exchange(fd_, fd);
    if (old >= 0)
      (void)::close(old);
  }

private:
  int fd_ = -1;
};

} // namespace ktls
