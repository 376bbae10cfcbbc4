// SPDX-License-Identifier: GPL-2.0-or-later
// What all --json has in common; docs/ktlsctl-json.schema.json describes the objects.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace ktls::command {

using Json = nlohmann::ordered_json;

// What is not known is null.
[[nodiscard]] Json or_null(const std::string& text);
[[nodiscard]] Json time_or_null(std::uint64_t us); // 0: not known
[[nodiscard]] Json uid_or_null(std::uint32_t uid);
[[nodiscard]] Json number_or_null(std::uint64_t number); // 0: not known

// In ASCII, with the end of the line: for people to read as well; of one line.
[[nodiscard]] std::string json_text(const Json& value);
[[nodiscard]] std::string json_line(const Json& value);

} // namespace ktls::command
