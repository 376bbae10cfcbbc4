// SPDX-License-Identifier: GPL-2.0-or-later
// The C library's users and groups. Everything here may wait, as long as it likes: for threads that
// may be lost.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "mapper/judge_account.hpp"

namespace ktls {

inline constexpr std::size_t max_groups = 4096; // of one user

struct NssUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string shell;
  bool says_shadow = false; // see AccountFacts
};

// None: there is no such user. An error: it could not be found out.
Result<std::optional<NssUser>> user_named(const std::string& name);
Result<std::optional<NssUser>> user_of(uid_t uid);

// Names of all, the primary group's first. Groups without a name are left out.
Result<std::vector<std::string>> groups_of(const NssUser& user);

// None: there is no entry, or it may not be seen, which cannot be told apart.
Result<std::optional<ShadowFacts>> shadow_of(const std::string& user);

// What such a call (getpwnam_r(3) and the like) returned, without a result: whether it says that
// there is none. Otherwise it says that nothing is known.
[[nodiscard]] bool says_none(int error);

} // namespace ktls
