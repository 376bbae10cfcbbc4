// SPDX-License-Identifier: GPL-2.0-or-later
// What a process has used and holds, as the kernel counts it.
#pragma once

#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace ktls::bench {

struct Process {
  pid_t pid;
  std::string name;
};

inline Process process(pid_t pid) {
  Process out{pid, {}};
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm"), out.name);
  check(!out.name.empty(), "the process exists");
  return out;
}

// CPU time of all threads, user and system, in microseconds; by the scheduler's clock, not by ticks
// that happened to hit.
inline double cpu_us(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  check(::clock_getcpuclockid(pid, &clock) == 0 && ::clock_gettime(clock, &used) == 0,
        "a process has a CPU clock");
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

// Resident memory in KiB.
inline long memory_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:"))
      return std::stol(line.substr(6));
  }
  check(false, "the process exists");
  return 0;
}

inline std::vector<Process> processes_of(int count, char** pids) {
  std::vector<Process> all;
  all.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    all.push_back(process(std::stoi(pids[i])));
  return all;
}

} // namespace ktls::bench
