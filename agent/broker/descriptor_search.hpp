// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets of other processes, found by what their descriptors are. Needs CAP_SYS_PTRACE.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>

namespace ktls {

// Shuts down both directions of each of these sockets, named by cookie, as far as some process has
// it open; the likely ones are looked into first. Returns the cookies of those that were found.
// Goes through the descriptors of all processes: for what is rare.
std::set<std::uint64_t> shut_down_in_other_processes(std::set<std::uint64_t> wanted,
                                                     const std::set<pid_t>& likely);

} // namespace ktls
