// SPDX-License-Identifier: GPL-2.0-or-later
// Who is at the other end of a connection to agent.sock, as the kernel tells it.
#pragma once

#include "policy/policy.hpp"

namespace ktls {

// Origin, user, and of the rest what `asked` wants. What cannot be found out is left out, and meets
// no condition: the process may have ended, or its executable be hidden from us (CAP_SYS_PTRACE).
[[nodiscard]] policy::Facts facts_of_caller(int connection, const policy::AskedFacts& asked);

// systemd's unit that a process is of; empty: of none, or it has ended.
[[nodiscard]] std::string unit_of(pid_t process);

} // namespace ktls
