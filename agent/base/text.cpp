// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ktls {
namespace {

// RFC 3629, section 4: how many bytes follow the first one, and the limits of the second.
struct Utf8Form {
  unsigned char first, last; // of the first byte
  std::size_t size;
  unsigned char second_first, second_last;
};
constexpr std::array<Utf8Form, 9> utf8_forms{{
    {0x00, 0x7f, 1, 0, 0},
    {0xc2, 0xdf, 2, 0x80, 0xbf},
    {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f},
    {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf},
    {0xf4, 0xf4, 4, 0x80, 0x8f},
}};

bool is_within(char c, unsigned char first, unsigned char last) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= first && byte <= last;
}

} // namespace

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

std::size_t utf8_size(std::string_view text) {
  if (text.empty())
    return 0;
  const auto* form = std::find_if(utf8_forms.begin(), utf8_forms.end(), [&](const Utf8Form& f) {
    return is_within(text.front(), f.first, f.last);
  });
  if (form == utf8_forms.end() || text.size() < form->size)
    return 0;
  constexpr unsigned char tail_first = 0x80;
  constexpr unsigned char tail_last = 0xbf;
  for (std::size_t i = 1; i < form->size; ++i) {
    const bool fits = i == 1 ? is_within(text[i], form->second_first, form->second_last)
                             : is_within(text[i], tail_first, tail_last);
    if (!fits)
      return 0;
  }
  return form->size;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto size = utf8_size(text);
    if (size == 0)
      return false;
    text.remove_prefix(size);
  }
  return true;
}

} // namespace ktls
