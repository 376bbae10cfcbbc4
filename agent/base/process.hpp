// SPDX-License-Identifier: GPL-2.0-or-later
// Process: a child that is ended when its handle goes away.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace ktls {

class Process {
public:
  // Runs `path` with an empty environment and no arguments. The descriptors
  // become 3, 4, … in the child, which gets no others beside 0, 1 and 2. It is killed when this
  // process ends.
  static Result<Process> spawn(const std::string& path, std::span<const int> descriptors);

  Process(Process&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}
  Process& operator=(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { (void)end(); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Readable when the child has ended.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  struct End {
    std::string text; // "exit status 1", "signal 9 (Killed)"
    int signal = 0;   // 0: it exited
  };
  // SIGKILL if it still runs; reaps.
  End end();

private:
  Process(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_;
  Fd pidfd_;
};

} // namespace ktls
