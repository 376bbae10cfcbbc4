// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets of other processes, found by what their descriptors are. Needs CAP_SYS_PTRACE, and to
// list those of other users CAP_DAC_READ_SEARCH. No other descriptor is taken, be it for a moment:
// closing that of a file may wait for its file system.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>

namespace ktls {

// Shuts down both directions of each of these sockets, named by inode and cookie, as far as some
// process has it open. Returns the cookies of those that were found. Goes through the descriptors
// of all processes: for what is rare.
std::set<std::uint64_t> shut_down_in_other_processes(std::map<ino_t, std::uint64_t> wanted);

} // namespace ktls
