// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/text.hpp"

namespace ktls::command {
namespace {

constexpr std::size_t gap = 2; // between columns

// One for each column; 0: it is left out.
using Widths = std::vector<std::size_t>;

Widths natural_widths(const std::vector<Column>& columns, const std::vector<Cells>& rows) {
  Widths out(columns.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = std::max(out[i], row.at(i).text.size());
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    // with no rows the titles are all that there is
    if (out[i] > 0 || rows.empty())
      out[i] = std::max(out[i], columns[i].title.size());
  }
  return out;
}

std::size_t least_of(const Column& column, std::size_t natural) {
  if (column.least == 0)
    return natural;
  return std::min(natural, std::max(column.least, column.title.size()));
}

std::size_t line_width(const Widths& widths) {
  const auto shown =
      widths.size() - static_cast<std::size_t>(std::ranges::count(widths, std::size_t{0}));
  const auto text = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  return text + (shown > 0 ? (shown - 1) * gap : 0);
}

// Until the rest fits, each of it as narrow as it may be.
void leave_out(const std::vector<Column>& columns, Widths& widths, std::size_t room) {
  for (;;) {
    Widths narrow = widths;
    std::optional<std::size_t> last;
    std::size_t shown = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] == 0)
        continue;
      ++shown;
      narrow[i] = least_of(columns[i], widths[i]);
      if (!last || columns[i].rank >= columns[*last].rank)
        last = i;
    }
    if (line_width(narrow) <= room || shown <= 1)
      return;
    widths[*last] = 0;
  }
}

// The widest that may be cut gives way first.
void cut_to(const std::vector<Column>& columns, Widths& widths, std::size_t room) {
  while (line_width(widths) > room) {
    std::optional<std::size_t> widest;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool may = widths[i] > least_of(columns[i], widths[i]);
      if (may && (!widest || widths[i] > widths[*widest]))
        widest = i;
    }
    if (!widest)
      return;
    --widths[*widest];
  }
}

std::string line_of(const std::vector<Column>& columns, const Cells& cells, const Widths& widths,
                    const Palette& palette) {
  std::string out;
  std::size_t owed = 0; // spaces: none are written at the end of a line
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (widths[i] == 0)
      continue;
    const auto text = cells.at(i).text.empty() ? "-" : escape(cells.at(i).text, widths[i]);
    const auto padding = widths[i] - std::min(widths[i], text.size());
    out.append(owed + (columns[i].right ? padding : 0), ' ');
    out += palette.paint(cells.at(i).tone, text);
    owed = gap + (columns[i].right ? 0 : padding);
  }
  return out + "\n";
}

} // namespace

std::string table_text(const std::vector<Column>& columns, const std::vector<Cells>& rows,
                       std::optional<std::size_t> width, const Palette& palette) {
  auto widths = natural_widths(columns, rows);
  if (width) {
    leave_out(columns, widths, *width);
    cut_to(columns, widths, *width);
  }
  Cells titles;
  for (const auto& column : columns)
    titles.push_back({column.title, Tone::Strong});
  std::string out = line_of(columns, titles, widths, palette);
  for (const auto& row : rows)
    out += line_of(columns, row, widths, palette);
  return out;
}

} // namespace ktls::command
