// SPDX-License-Identifier: GPL-2.0-or-later
// The users and groups of this host's own files. Directories such as LDAP are not asked: that may
// take for ever, and the broker waits for nobody. Their users are named by number.
#pragma once

#include <string>

#include "policy/policy.hpp"

namespace ktls {

// Of passwd(5) and group(5), read when this is called; what cannot be read has no names.
[[nodiscard]] policy::Accounts local_accounts(const std::string& passwd = "/etc/passwd",
                                              const std::string& group = "/etc/group");

} // namespace ktls
