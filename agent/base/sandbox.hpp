// SPDX-License-Identifier: GPL-2.0-or-later
// What a process gives up before it touches keys or the network.
#pragma once

#include <span>

#include "base/result.hpp"

namespace ktls {

// No core dumps, no ptrace by others of the same user, no new privileges by exec.
Result<> forbid_inspection();

// All memory, present and future, stays out of swap. EPERM, and nothing locked, where
// RLIMIT_MEMLOCK is not unlimited and cannot be made so.
Result<> lock_memory();

// Keeps these capabilities (CAP_*), permitted and effective, and no others; also takes the others
// out of the bounding set where allowed. EPERM when one of them is not there to keep.
Result<> keep_capabilities(std::span<const int> kept);
inline Result<> drop_capabilities() {
  return keep_capabilities({});
}

// From here on any other system call ends the process (seccomp), as does making memory executable
// or sending a signal to another process.
// Those in `refused` fail with EACCES instead: what libraries try, and can do without (clone3:
// ENOSYS, whereupon glibc uses clone). Irrevocable.
Result<> allow_only(std::span<const int> allowed, std::span<const int> refused = {});

} // namespace ktls
