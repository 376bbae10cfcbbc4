// SPDX-License-Identifier: GPL-2.0-or-later
// Tables fitted to a width. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ktlsctl/terminal.hpp"

namespace ktls::command {

struct Column {
  std::string title;
  unsigned rank = 0;     // where there is no room, those of the highest rank go first
  std::size_t least = 0; // to how few bytes it may be cut; 0: it is never cut
  bool right = false;    // numbers
};

// Text in ASCII without control characters.
struct Cell {
  std::string text;
  Tone tone = Tone::Plain;
};
using Cells = std::vector<Cell>; // one for each column

// A line of titles, then one for each row; "-" for what is empty. Columns that are empty in all
// rows are left out, and with a width those that do not fit. The column with the lowest rank is
// always there.
[[nodiscard]] std::string table_text(const std::vector<Column>& columns,
                                     const std::vector<Cells>& rows,
                                     std::optional<std::size_t> width, const Palette& palette);

} // namespace ktls::command
