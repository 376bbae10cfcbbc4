// SPDX-License-Identifier: GPL-2.0-or-later
// The listening end of agent.sock: made here, or by a service manager. Neither ever blocks.
#pragma once

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace ktls {

// Makes the socket `path`, open to all users, and its directory if that is missing. An error when
// another agent answers there.
[[nodiscard]] Result<Fd> listen_on(const std::string& path);

// An error when it is not as listen_on(path) makes it.
[[nodiscard]] Result<Fd> check_agent_socket(Fd socket, const std::string& path);

} // namespace ktls
