// SPDX-License-Identifier: GPL-2.0-or-later
// The policy that is in force, as a file, or in one line. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/policy.hpp"

namespace ktls::policy {

// With what is inherited, and the defaults, written out; users and groups as numbers; rules in the
// order in which they are asked. parse_policy() makes the same policy of it, but for the PIN of a
// token, which is left out.
[[nodiscard]] std::string to_toml(const Policy& policy);

// As in the file.
[[nodiscard]] const char* role_name(ipc::HandshakeRole role);
[[nodiscard]] const char* strength_name(MappingStrength strength);
[[nodiscard]] const char* level_name(LogLevel level);
[[nodiscard]] std::optional<LogLevel> level_of(std::string_view name);

// "12 rules, 5 profiles, 1 credential"
[[nodiscard]] std::string sizes(const Policy& policy);

} // namespace ktls::policy
