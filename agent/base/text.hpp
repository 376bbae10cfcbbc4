// SPDX-License-Identifier: GPL-2.0-or-later
// Text for people to read; making what others control safe to print.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ktls {

// Printable ASCII stays; control characters, DEL and bytes above 0x7e become \xNN. Text that has
// been through it once does not change. Longer text is cut to `limit` bytes, with "..." at the end.
[[nodiscard]] std::string escape(std::string_view text, std::size_t limit = 1024);

// "1 rule", "2 rules".
[[nodiscard]] std::string counted(std::size_t number, std::string_view noun);

// ASCII letters; all else stays.
[[nodiscard]] std::string lower_case(std::string_view text);

// Of ASCII; DEL is one too.
[[nodiscard]] constexpr bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// The size in bytes of the UTF-8 character (RFC 3629) at the front; 0: there is none.
[[nodiscard]] std::size_t utf8_size(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text);

} // namespace ktls
