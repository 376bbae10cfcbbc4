// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"

#include <fmt/format.h>

namespace ktls {

std::string escape(std::string_view text, std::size_t limit) {
  constexpr std::string_view ellipsis = "...";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7f;
    const std::string piece = plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
    if (out.size() + piece.size() > limit) {
      if (limit >= ellipsis.size()) {
        out.resize(std::min(out.size(), limit - ellipsis.size()));
        out += ellipsis;
      }
      return out;
    }
    out += piece;
  }
  return out;
}

std::string counted(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

} // namespace ktls
