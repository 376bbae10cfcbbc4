// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace ktls::command {
namespace {

// ECMA-48, section 8.3.117
std::string_view rendition(Tone tone) {
  switch (tone) {
  case Tone::Plain:
    return "";
  case Tone::Strong:
    return "1";
  case Tone::Faint:
    return "2";
  case Tone::Good:
    return "32";
  case Tone::Warning:
    return "33";
  case Tone::Bad:
    return "31";
  }
  return "";
}

std::optional<std::size_t> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr)
    return std::nullopt;
  const std::string_view digits = text;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number == 0)
    return std::nullopt;
  return number;
}

} // namespace

std::string Palette::paint(Tone tone, std::string_view text) const {
  if (!colours_ || tone == Tone::Plain || text.empty())
    return std::string(text);
  return std::string("\x1b[").append(rendition(tone)).append("m").append(text).append("\x1b[0m");
}

// https://no-color.org: "when present and not an empty string (regardless of its value), prevents
// the addition of ANSI color".
bool wants_colours(bool terminal, const char* no_color, const char* term) {
  if (!terminal || (no_color != nullptr && *no_color != '\0'))
    return false;
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

Terminal standard_output() {
  constexpr std::size_t usual_width = 80;
  Terminal out;
  out.there = ::isatty(STDOUT_FILENO) == 1;
  out.palette = Palette(wants_colours(out.there, std::getenv("NO_COLOR"), std::getenv("TERM")));
  winsize size{};
  if (out.there && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    out.width = size.ws_col > 0 ? size.ws_col : usual_width;
    if (size.ws_row > 0)
      out.height = size.ws_row;
  }
  if (const auto columns = number_in("COLUMNS"))
    out.width = columns;
  return out;
}

bool somebody_is_there() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

} // namespace ktls::command
