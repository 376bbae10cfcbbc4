// SPDX-License-Identifier: GPL-2.0-or-later
// What standard output is, and so how it may be written to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ktls::command {

enum class Tone : std::uint8_t { Plain, Strong, Faint, Good, Warning, Bad };

class Palette {
public:
  Palette() = default; // no colours
  explicit Palette(bool colours) : colours_(colours) {}
  [[nodiscard]] std::string paint(Tone tone, std::string_view text) const;

private:
  bool colours_ = false;
};

struct Terminal {
  bool there = false;
  std::optional<std::size_t> width;  // none: lines may be as long as they are
  std::optional<std::size_t> height; // likewise of a page
  Palette palette;
};
// With what the environment says of it: COLUMNS, NO_COLOR and TERM.
[[nodiscard]] Terminal standard_output();

// Whether somebody can be asked a question.
[[nodiscard]] bool somebody_is_there();

// The variables NO_COLOR and TERM; null: they are not set. Pure.
[[nodiscard]] bool wants_colours(bool terminal, const char* no_color, const char* term);

} // namespace ktls::command
