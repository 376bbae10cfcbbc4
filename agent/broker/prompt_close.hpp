// SPDX-License-Identifier: GPL-2.0-or-later
// Closing sockets that others passed, without waiting for their peers.
#pragma once

#include <sys/socket.h>

namespace ktls {

// The close that follows must not wait. An application may have set SO_LINGER, and if it has closed
// its own descriptor, ours is the last: close() would wait for a peer that does not read.
inline void dont_linger(int socket) {
  constexpr linger off{0, 0};
  linger now{};
  socklen_t size = sizeof now;
  if (::getsockopt(socket, SOL_SOCKET, SO_LINGER, &now, &size) == 0 && now.l_onoff != 0)
    (void)::setsockopt(socket, SOL_SOCKET, SO_LINGER, &off, sizeof off);
}

} // namespace ktls
