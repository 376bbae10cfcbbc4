// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses of a socket, for people.
#pragma once

#include <string>

namespace ktls {

// "127.0.0.1:2049 - 127.0.0.1:821": local, then remote; "[::1]:22" for IPv6; "?" for what is none.
[[nodiscard]] std::string describe_connection(int socket);

} // namespace ktls
