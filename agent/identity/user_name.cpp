// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/user_name.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace ktls::identity {
namespace {

// What cannot be seen, or is space: U+0080 to U+00A0, U+00AD, U+2000 to U+207F, U+3000, U+FEFF; in
// UTF-8.
bool has_invisible(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto rest = text.substr(i);
    const auto second = static_cast<unsigned char>(rest[1]);
    if (rest[0] == '\xc2' && (second <= 0xa0 || second == 0xad))
      return true;
    if (rest.starts_with("\xe2\x80") || rest.starts_with("\xe2\x81") ||
        rest.starts_with("\xe3\x80\x80") || rest.starts_with("\xef\xbb\xbf"))
      return true;
  }
  return false;
}

std::string with(std::string_view text, std::size_t wrong) {
  return fmt::format("has '{}' in it", text[wrong]);
}

} // namespace

std::string flaw_of_user_name(std::string_view name) {
  if (name.empty())
    return "is empty";
  if (name.size() > max_user_name)
    return fmt::format("has more than {} bytes", max_user_name);
  if (std::ranges::any_of(name, is_control))
    return "has a control character in it";
  // files are named after users; ':' is the separator of passwd(5)
  const auto wrong = name.find_first_of(" /:");
  if (wrong != std::string_view::npos)
    return with(name, wrong);
  if (name.front() == '-' || name.front() == '!')
    return fmt::format("begins with '{}'", name.front());
  if (name == "." || name == "..")
    return "is that of a directory";
  if (name.find_first_not_of("0123456789") == std::string_view::npos)
    return "is a number";
  if (!is_utf8(name))
    return "is not UTF-8";
  if (has_invisible(name))
    return "has a character in it that cannot be seen";
  return {};
}

std::string flaw_of_derived_name(std::string_view name, std::string_view part) {
  if (part.empty())
    return "is empty";
  const auto wrong = part.find_first_of("@\\\"'`,;<>{}#");
  if (wrong != std::string_view::npos)
    return with(part, wrong);
  return name == "root" ? "is that of the superuser" : flaw_of_user_name(name);
}

} // namespace ktls::identity
