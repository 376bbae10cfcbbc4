// SPDX-License-Identifier: GPL-2.0-or-later
// Other network namespaces: the kernel offers requests, and tells of connections, only to sockets
// that were opened in theirs.
#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"

namespace ktls {

// Whether `path`, such as /run/netns/blue, is a network namespace; enters nothing.
Result<> check_network_namespace(const std::string& path);

// Enters the namespace, opens something there, and comes back: the process must have one thread,
// and CAP_SYS_ADMIN. What was opened goes on to belong to that namespace.
Result<> in_network_namespace(const std::string& path, const std::function<Result<>()>& open);

} // namespace ktls
