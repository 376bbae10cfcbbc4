// SPDX-License-Identifier: GPL-2.0-or-later
// What the fuzz targets have in common: views of an input, and what must hold of what comes out.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace ktls::fuzz {

using Bytes = std::span<const std::byte>;

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
inline Bytes bytes_of(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

// Ends the process if not; `of` is shown then.
inline void must(bool holds, std::string_view what, std::string_view of = {}) {
  if (holds)
    return;
  fmt::print(stderr, "must hold: {}\n{}\n", what, of);
  std::abort();
}

// One line that a terminal shows as it is.
inline void must_be_clean(std::string_view line) {
  for (const char c : line)
    must(!is_control(c), "what people see has no control characters", line);
  must(is_utf8(line), "what people see is UTF-8", line);
}

// Each is "file:line: what"; or "file: what", where no line is to blame.
inline void must_be_diagnoses(const std::vector<std::string>& lines, std::string_view file,
                              bool of_lines = true) {
  must(!lines.empty(), "what is refused has a diagnosis");
  for (const auto& line : lines) {
    must_be_clean(line);
    must(line.starts_with(fmt::format("{}:", file)), "a diagnosis names its file", line);
    const auto rest = std::string_view(line).substr(file.size() + 1);
    const auto digits = rest.find_first_not_of("0123456789");
    const bool has_line =
        digits > 0 && digits < rest.size() && rest[digits] == ':' && rest.front() != '0';
    must(has_line || !of_lines, "a diagnosis names its line", line);
  }
}

// Both sides of the first line that is `separator`; none: it has none.
inline std::optional<std::pair<std::string, std::string>> halves(std::string_view text,
                                                                 std::string_view separator) {
  const auto line = fmt::format("\n{}\n", separator);
  const auto at = text.find(line);
  if (at == std::string_view::npos)
    return std::nullopt;
  return std::pair(std::string(text.substr(0, at + 1)), std::string(text.substr(at + line.size())));
}

// What is written of a configuration without its comments: where tables came from, and the like.
inline std::string without_comments(std::string_view toml) {
  std::string out;
  while (!toml.empty()) {
    auto line = toml.substr(0, toml.find('\n'));
    toml.remove_prefix(std::min(line.size() + 1, toml.size()));
    if (line.starts_with('['))
      line = line.substr(0, line.rfind(" # "));
    if (!line.starts_with('#'))
      out.append(line).push_back('\n');
  }
  return out;
}

} // namespace ktls::fuzz
