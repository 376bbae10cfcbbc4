// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/open_metrics.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ktls {
namespace {

std::string_view type_text(MetricType type) {
  switch (type) {
  case MetricType::Counter:
    return "counter";
  case MetricType::Gauge:
    return "gauge";
  case MetricType::Histogram:
    return "histogram";
  case MetricType::Info:
    return "info";
  case MetricType::Unknown:
    return "unknown";
  }
  return "unknown";
}

// In labels and help alike: '"', '\' and line feeds are escaped.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out;
}

std::string number_text(double value) {
  if (std::isinf(value))
    return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string labels_text(const Labels& labels) {
  if (labels.empty())
    return "";
  std::string out = "{";
  for (const auto& [name, value] : labels)
    out += fmt::format("{}{}=\"{}\"", out.size() > 1 ? "," : "", name, quoted(value));
  return out + "}";
}

} // namespace

std::string open_metrics(const std::vector<MetricFamily>& families) {
  std::string out;
  for (const auto& family : families) {
    out += fmt::format("# TYPE {} {}\n# HELP {} {}\n", family.name, type_text(family.type),
                       family.name, quoted(family.help));
    for (const auto& sample : family.samples)
      out += fmt::format("{}{}{} {}\n", family.name, sample.suffix, labels_text(sample.labels),
                         number_text(sample.value));
  }
  return out + "# EOF\n";
}

} // namespace ktls
