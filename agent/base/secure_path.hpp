// SPDX-License-Identifier: GPL-2.0-or-later
// Whether nobody but root and one user can change what a path leads to, as sshd's StrictModes asks
// it.
#pragma once

#include <unistd.h>

#include <string>

#include "base/result.hpp"

namespace ktls {

// Symbolic links are followed. The file or directory, each directory above it, and each link on the
// way with what is above that, must belong to root or to `user`, and be writable by nobody else;
// of a directory with the sticky bit, such as /tmp, the latter is not asked. An error says which
// one, and what to do. Default: our own user.
[[nodiscard]] Result<> check_secure_path(const std::string& path, uid_t user = ::geteuid());

} // namespace ktls
