// SPDX-License-Identifier: GPL-2.0-or-later
// How deep the tables of a file are in one another, found out before it is parsed: toml++ takes
// stack for each level, and bounds only those of brackets. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace ktls::policy {

// A key of more parts ("a.b.c" has three) than any of ours could have.
inline constexpr std::size_t max_key_parts = 16;

// The line of the first such key.
[[nodiscard]] std::optional<std::size_t> line_of_too_long_key(std::string_view toml);

} // namespace ktls::policy
