// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "import/import.hpp"

namespace ktls::importer {
namespace {

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), small);
  return out;
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return small(x) == small(y); });
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  const auto* at = text.begin();
  while (at != text.end()) {
    const auto* begin = std::find_if_not(at, text.end(), is_blank);
    at = std::find_if(begin, text.end(), is_blank);
    if (begin != at)
      out.emplace_back(begin, static_cast<std::size_t>(at - begin));
  }
  return out;
}

std::string_view first_word(std::string_view text) {
  text = trimmed(text);
  const auto* end = std::find_if(text.begin(), text.end(), is_blank);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    out.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end)
    return std::nullopt;
  return value;
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

void check_text(std::string_view text, Problems& problems) {
  if (text.size() > max_input)
    return problems.add_fatal(1, fmt::format("the file is larger than {} bytes", max_input));
  Line line = 1;
  while (!text.empty()) {
    const auto size = utf8_size(text);
    if (size == 0 || text.front() == '\0')
      return problems.add_fatal(line, "this is no text: the file has to be in ASCII or UTF-8 "
                                      "(from z/OS: iconv -f IBM-1047 -t UTF-8)");
    line += text.front() == '\n' ? 1 : 0;
    text.remove_prefix(size);
  }
}

} // namespace ktls::importer
