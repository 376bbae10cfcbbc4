// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/statistics_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "ktlsctl/table.hpp"

namespace ktls::command {
namespace {

std::string labels_text(const std::map<std::string, std::string>& labels) {
  std::string out;
  for (const auto& [name, value] : labels)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  return out;
}

std::string value_text(double value) {
  constexpr double exact = 9007199254740992.0; // 2^53: whole numbers below are what they say
  if (std::isfinite(value) && std::trunc(value) == value && std::fabs(value) < exact)
    return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{:.6g}", value);
}

// JSON has no number for the rest.
Json value_json(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

} // namespace

std::string statistics_table(const std::vector<bus::Sample>& samples, bool all,
                             std::optional<std::size_t> width, const Palette& palette) {
  const std::vector<Column> columns{{"METRIC", 1, 24}, {"LABELS", 2, 16}, {"VALUE", 0, 0, true}};
  std::vector<Cells> rows;
  for (const auto& sample : samples) {
    if (!all && sample.labels.contains("le"))
      continue;
    rows.push_back({{escape(sample.name)},
                    {escape(labels_text(sample.labels)), Tone::Faint},
                    {value_text(sample.value), Tone::Strong}});
  }
  return table_text(columns, rows, width, palette);
}

Json statistics_json(const std::vector<bus::Sample>& samples) {
  Json list = Json::array();
  for (const auto& sample : samples) {
    Json labels = Json::object();
    for (const auto& [name, value] : sample.labels)
      labels[name] = value;
    list.push_back(
        {{"name", sample.name}, {"labels", labels}, {"value", value_json(sample.value)}});
  }
  return {{"samples", list}};
}

} // namespace ktls::command
