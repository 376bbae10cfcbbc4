// SPDX-License-Identifier: GPL-2.0-or-later
// What tells a socket from all others.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace ktls {

// SO_COOKIE: of this socket, and of no other since the kernel started. None: it is no socket.
[[nodiscard]] std::optional<std::uint64_t> socket_cookie(int socket);
// SO_NETNS_COOKIE: of the network namespace that it is in. None before Linux 5.14.
[[nodiscard]] std::optional<std::uint64_t> network_namespace_cookie(int socket);
// "socket:[INODE]" in /proc/PID/fd.
[[nodiscard]] std::optional<ino_t> socket_inode(int socket);

} // namespace ktls
