// SPDX-License-Identifier: GPL-2.0-or-later
// Users and groups as they are given on the command line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ktls::command {

// A number, or a name that `find` knows; else it is a mistake on the command line.
[[nodiscard]] std::uint32_t
number_of(const std::string& option, const std::string& text,
          const std::function<std::optional<std::uint32_t>(const std::string&)>& find);

// Whose files ktlsd takes, beside root's. `given` with --user, name or number; empty: the user
// ktlsd, or whoever calls where there is none.
[[nodiscard]] uid_t agent_user(const std::string& given = "");

} // namespace ktls::command
