// SPDX-License-Identifier: GPL-2.0-or-later
// Other network namespaces: the kernel offers requests only to sockets that were opened in theirs.
#pragma once

#include <string>

#include "netlink/handshake_socket.hpp"

namespace ktls {

// Whether `path`, such as /run/netns/blue, is a network namespace; enters nothing.
Result<> check_network_namespace(const std::string& path);

// Enters the namespace, opens a HandshakeSocket there, and comes back: the process must have one
// thread, and CAP_SYS_ADMIN. The socket goes on to belong to that namespace.
Result<HandshakeSocket> open_in_network_namespace(const std::string& path);

} // namespace ktls
