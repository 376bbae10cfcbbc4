// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/log_level_report.hpp"

#include "base/text.hpp"
#include "ktlsctl/table.hpp"

namespace ktls::command {

std::string log_level_table(const std::vector<bus::LogLevelRow>& rows,
                            std::optional<std::size_t> width, const Palette& palette) {
  if (rows.empty())
    return "The policy in force has no profiles.\n";
  const std::vector<Column> columns{
      {"PROFILE", 0, 16}, {"LEVEL", 1}, {"POLICY", 2}, {"KEY LOG", 1, 16}};
  std::vector<Cells> cells;
  cells.reserve(rows.size());
  for (const auto& row : rows)
    cells.push_back({{escape(row.profile)},
                     {escape(row.level), row.level == row.by_policy ? Tone::Plain : Tone::Strong},
                     {escape(row.by_policy), Tone::Faint},
                     {escape(row.key_log_file), Tone::Bad}});
  return table_text(columns, cells, width, palette);
}

Json log_levels_json(const std::vector<bus::LogLevelRow>& rows) {
  Json list = Json::array();
  for (const auto& row : rows)
    list.push_back({{"profile", row.profile},
                    {"level", row.level},
                    {"by_policy", row.by_policy},
                    {"key_log_file", or_null(row.key_log_file)}});
  return {{"log_levels", list}};
}

} // namespace ktls::command
