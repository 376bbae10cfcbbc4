// SPDX-License-Identifier: GPL-2.0-or-later
// The user records of systemd (userdb), through their local socket.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "mapper/judge_account.hpp"

namespace ktls {

inline constexpr const char* userdb_socket = "/run/systemd/userdb/io.systemd.Multiplexer";
inline constexpr std::size_t max_user_record = 256UL * 1024;

// Waits until `deadline` at most: for threads that may. None: it knows no such user, or there is no
// such service here. An error: it could not be found out.
Result<std::optional<UserdbFacts>> userdb_of(const std::string& user, uid_t uid,
                                             std::chrono::steady_clock::time_point deadline,
                                             const std::string& socket = userdb_socket);

// The answer of the service, without the NUL at its end.
Result<std::optional<UserdbFacts>> read_user_record(std::string_view answer);

} // namespace ktls
