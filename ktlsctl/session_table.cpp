// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/session_table.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "ktlsctl/table.hpp"

namespace ktls::command {
namespace {

const std::vector<Column>& session_columns() {
  static const std::vector<Column> columns{
      {"ID", 0, 0, true}, {"AGE", 8, 0, true},  {"ORIGIN", 9, 0},    {"STATE", 3, 0},
      {"ROLE", 5, 0},     {"LOCAL", 7, 0},      {"REMOTE", 1, 0},    {"PEER", 2, 12},
      {"USER", 4, 8},     {"RULE", 6, 8},       {"PROFILE", 12, 8},  {"PROTOCOL", 11, 0},
      {"CIPHER", 10, 12}, {"PID", 13, 0, true}, {"UID", 14, 0, true}};
  return columns;
}

// In one word that does not make the column wide.
std::string short_role(const std::string& role) {
  return role == "server-with-client-auth" ? "server+auth" : escape(role);
}

Cells cells_of(const bus::SessionRow& row, WallTime now) {
  const bool recovered = row.state == "recovered";
  const Tone tone = row.origin == "foreign" ? Tone::Faint : Tone::Plain;
  return {{std::to_string(row.id), Tone::Strong},
          {row.began_us == 0 ? "" : short_duration_text(now - wall_time(row.began_us)), tone},
          {escape(row.origin), tone},
          // what is usual needs no column
          {row.state == "open" ? "" : escape(row.state), recovered ? Tone::Warning : tone},
          {short_role(row.role), tone},
          {escape(row.local), tone},
          {escape(row.remote), tone},
          {escape(row.peer), tone},
          {escape(row.user), tone},
          {escape(row.rule), tone},
          {escape(row.profile), tone},
          {escape(row.protocol), tone},
          {escape(row.cipher), tone},
          {row.pid == 0 ? "" : std::to_string(row.pid), tone},
          {row.uid == bus::no_owner ? "" : std::to_string(row.uid), tone}};
}

} // namespace

std::string session_table(const std::vector<bus::SessionRow>& rows, WallTime now,
                          std::optional<std::size_t> width, const Palette& palette) {
  std::vector<Cells> cells;
  cells.reserve(rows.size());
  for (const auto& row : rows)
    cells.push_back(cells_of(row, now));
  return table_text(session_columns(), cells, width, palette);
}

} // namespace ktls::command
