// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/key_file_format.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "import/words.hpp"

namespace ktls::importer {
namespace {

struct Escape {
  char letter;
  char meaning;
};
constexpr std::array<Escape, 5> escapes{
    {{'s', ' '}, {'n', '\n'}, {'t', '\t'}, {'r', '\r'}, {'\\', '\\'}}};

std::optional<char> meaning_of(char letter) {
  for (const auto& escape : escapes) {
    if (escape.letter == letter)
      return escape.meaning;
  }
  return std::nullopt;
}

std::string unescaped(std::string_view raw, Line line, Problems& problems) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto meaning =
        raw[i] == '\\' && i + 1 < raw.size() ? meaning_of(raw[i + 1]) : std::nullopt;
    if (raw[i] == '\\' && !meaning)
      problems.add(line, "a \"\\\" that begins none of \\s \\n \\t \\r \\\\ is taken as it stands");
    out += meaning.value_or(raw[i]);
    i += meaning ? 1 : 0;
  }
  return out;
}

std::string_view without_blanks_in_front(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  return text;
}

// "[group]", which blanks may follow.
std::optional<std::string_view> group_name(std::string_view line) {
  line = trimmed(line);
  if (line.size() < 3 || line.front() != '[' || line.back() != ']')
    return std::nullopt;
  const auto name = line.substr(1, line.size() - 2);
  if (name.find_first_of("[]") != std::string_view::npos)
    return std::nullopt;
  return name;
}

} // namespace

std::vector<KeyValue> parse_key_file(std::string_view text, Problems& problems) {
  std::vector<KeyValue> out;
  std::optional<std::string> group;
  Line line = 0;
  for (auto content : lines_of(text)) {
    ++line;
    content = without_blanks_in_front(content);
    if (content.empty() || content.front() == '#')
      continue;
    if (content.front() == '[') {
      if (const auto name = group_name(content))
        group = *name;
      else
        problems.add_fatal(line, "a group has to be \"[name]\"");
      continue;
    }
    const auto equals = content.find('=');
    const auto key = trimmed(content.substr(0, equals));
    if (equals == std::string_view::npos || key.empty())
      problems.add_fatal(line, "neither a group, nor \"key = value\", nor a comment");
    else if (!group)
      problems.add_fatal(line, "a key before the first group");
    else
      out.push_back({*group, std::string(key),
                     unescaped(without_blanks_in_front(content.substr(equals + 1)), line, problems),
                     line});
  }
  return out;
}

} // namespace ktls::importer
