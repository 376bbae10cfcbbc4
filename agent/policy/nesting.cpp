// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/nesting.hpp"

#include <algorithm>

namespace ktls::policy {
namespace {

// Behind the string that begins at `begin`; of one that does not end, where it has to.
std::size_t behind_string(std::string_view toml, std::size_t begin) {
  const char quote = toml[begin];
  const std::string_view many(quote == '"' ? "\"\"\"" : "'''");
  const bool lines = toml.substr(begin).starts_with(many);
  const auto end = lines ? many : many.substr(0, 1);
  for (std::size_t at = begin + end.size(); at < toml.size(); ++at) {
    if (toml[at] == '\\' && quote == '"')
      ++at;
    else if (toml[at] == '\n' && !lines)
      return at;
    else if (toml.substr(at).starts_with(end)) // with up to two quotes that belong to the text
      return lines ? std::min({toml.find_first_not_of(quote, at), at + 5, toml.size()}) : at + 1;
  }
  return toml.size();
}

std::size_t end_of_line(std::string_view toml, std::size_t at) {
  return std::min(toml.find('\n', at), toml.size());
}

} // namespace

std::optional<std::size_t> line_of_too_long_key(std::string_view toml) {
  constexpr std::string_view ends_of_keys = "\n=,[]{}";
  std::size_t line = 1;
  std::size_t parts = 1;
  for (std::size_t at = 0; at < toml.size();) {
    const char c = toml[at];
    if (c == '"' || c == '\'') {
      const auto next = behind_string(toml, at);
      line += static_cast<std::size_t>(std::ranges::count(toml.substr(at, next - at), '\n'));
      at = next;
      continue;
    }
    if (c == '#') {
      at = end_of_line(toml, at);
      continue;
    }
    if (c == '.' && ++parts > max_key_parts)
      return line;
    if (ends_of_keys.find(c) != std::string_view::npos)
      parts = 1;
    line += c == '\n' ? 1 : 0;
    ++at;
  }
  return std::nullopt;
}

} // namespace ktls::policy
