// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/user_name.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace ktls::identity {
namespace {

constexpr bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// U+0080 to U+009F, U+00A0, U+2000 to U+206F and U+3000 and U+FEFF: what cannot be seen, or is
// space. All that is in UTF-8.
bool has_invisible(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto rest = text.substr(i);
    const auto second = static_cast<unsigned char>(rest[1]);
    if (rest[0] == '\xc2' && second <= 0xa0)
      return true;
    if (rest.starts_with("\xe2\x80") || rest.starts_with("\xe2\x81") ||
        rest.starts_with("\xe3\x80\x80") || rest.starts_with("\xef\xbb\xbf"))
      return true;
  }
  return false;
}

} // namespace

std::string flaw_of_user_name(std::string_view name) {
  if (name.empty())
    return "is empty";
  if (name.size() > max_user_name)
    return fmt::format("has more than {} bytes", max_user_name);
  if (std::ranges::any_of(name, is_control))
    return "has a control character in it";
  // '/' and "..": files are named after users. ':' is the separator of passwd(5). What is behind
  // '@' and before '\' is a domain.
  const auto wrong = name.find_first_of(" /:@\\\"'`,");
  if (wrong != std::string_view::npos)
    return fmt::format("has '{}' in it", name[wrong]);
  if (name.front() == '-')
    return "begins with '-'";
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

std::string flaw_of_derived_name(std::string_view name) {
  return name == "root" ? "is that of the superuser" : flaw_of_user_name(name);
}

} // namespace ktls::identity
