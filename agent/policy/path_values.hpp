// SPDX-License-Identifier: GPL-2.0-or-later
// Values that say where a file is.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "policy/located.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

enum class PathKind {
  Path,   // absolute
  File,   // or "credential:NAME"
  Trusted // or "system" as well
};

// None: there is no such key, or it is wrong, which is reported.
[[nodiscard]] std::optional<LocatedPath> read_path(const Table& in, std::string_view key,
                                                   PathKind kind);
// A list of them, each once.
[[nodiscard]] std::vector<LocatedPath> read_paths(const Table& in, std::string_view key,
                                                  PathKind kind, std::size_t most);
// No message says what the value is: there may be a PIN in it.
[[nodiscard]] std::optional<KeyLocation> read_key_location(const Table& in, std::string_view key);

} // namespace ktls::policy
