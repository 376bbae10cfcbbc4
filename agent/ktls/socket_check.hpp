// SPDX-License-Identifier: GPL-2.0-or-later
// classify_socket: is a descriptor that somebody passed to us a socket that can get kernel TLS?
#pragma once

#include "base/reason.hpp"

namespace ktls {

// Success for a TCP socket over IPv4 or IPv6 in state ESTABLISHED without an upper-layer protocol.
// Otherwise NotASocket, NotTcp, Listening, NotConnected or AlreadyTls. Takes any number, of any
// kind of descriptor, and changes nothing.
[[nodiscard]] Reason classify_socket(int fd);

} // namespace ktls
