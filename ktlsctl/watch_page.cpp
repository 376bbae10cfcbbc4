// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/watch_page.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ktls::command {
namespace {

// The first `most` lines, the last of which says how many there are besides.
std::string first_lines(std::string_view text, std::size_t most) {
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (lines <= most)
    return std::string(text);
  std::size_t end = 0;
  const std::size_t kept = std::max<std::size_t>(most, 1) - 1;
  for (std::size_t i = 0; i < kept; ++i)
    end = text.find('\n', end) + 1;
  return fmt::format("{}... and {} more\n", text.substr(0, end), lines - kept);
}

} // namespace

std::string watch_page(std::string_view head, std::string_view body, const Terminal& terminal) {
  if (!terminal.there)
    return fmt::format("{}\n{}\n", head, body);
  // ECMA-48: CUP to the first line, ED from there to the end
  constexpr std::string_view clear = "\x1b[H\x1b[J";
  constexpr std::size_t around = 2; // the head, and the cursor's line
  const auto room = terminal.height.value_or(body.size() + around);
  return fmt::format("{}{}\n{}", clear, terminal.palette.paint(Tone::Faint, head),
                     first_lines(body, room > around ? room - around : 1));
}

} // namespace ktls::command
