// SPDX-License-Identifier: GPL-2.0-or-later
// A pattern, and below its line a text: it says the same as the C library's regular expressions.
#include "identity/pattern.hpp"

#include <regex.h>

#include <algorithm>

#include "fuzz.hpp"

namespace ktls::fuzz {
namespace {

constexpr std::size_t most = 64; // bytes and steps for which the C library takes little

// Without a locale glibc takes each byte of a letter beyond ASCII for a character; and '^', inside
// a pattern, for the begin of a line as well.
bool is_for_libc(std::string_view pattern, std::string_view text) {
  const auto is_other = [](char c) { return c == '\0' || static_cast<unsigned char>(c) >= 0x80; };
  return std::ranges::none_of(pattern, is_other) && text.size() <= most &&
         text.find_first_of(std::string_view("\0\n", 2)) == std::string_view::npos;
}

// None: it does not take the pattern.
std::optional<bool> matches_in_libc(const std::string& pattern, const std::string& text) {
  regex_t compiled;
  if (::regcomp(&compiled, fmt::format("^({})$", pattern).c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    return std::nullopt;
  const int status = ::regexec(&compiled, text.c_str(), 0, nullptr, 0);
  ::regfree(&compiled);
  return status == 0;
}

} // namespace
} // namespace ktls::fuzz

int fuzz_pattern(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto input = fuzz::text_of(data, size);
  const auto pattern = identity::Pattern::parse(input.substr(0, input.find('\n')));
  if (!pattern) {
    fuzz::must_be_clean(pattern.error());
    return 0;
  }
  const std::string text(input.substr(std::min(pattern->text().size() + 1, input.size())));
  const bool matches = pattern->matches(text);
  fuzz::must(!matches || text.ends_with(pattern->fixed_end()), "a match has the fixed end",
             pattern->text());
  fuzz::must(!matches || !pattern->is_literal() || text == pattern->fixed_end(),
             "a literal pattern matches one text", pattern->text());
  if (!fuzz::is_for_libc(pattern->text(), text) || pattern->cost("x") > fuzz::most)
    return 0;
  if (const auto expected = fuzz::matches_in_libc(pattern->text(), text))
    fuzz::must(matches == *expected, matches ? "libc has no match" : "libc has a match",
               pattern->text() + "\n" + text);
  return 0;
}
