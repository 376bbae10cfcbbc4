// SPDX-License-Identifier: GPL-2.0-or-later
// OpenMetrics: measurements and their text format, OpenMetrics 1.0.0 (openmetrics.io). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktls {

using Labels = std::vector<std::pair<std::string, std::string>>;

// `suffix` goes behind the family's name: "_total" of a counter, "_bucket" of a histogram.
struct MetricSample {
  std::string suffix;
  Labels labels;
  double value = 0;
};

enum class MetricType { Counter, Gauge, Histogram, Info, Unknown };

struct MetricFamily {
  std::string name; // [a-z_]+
  MetricType type = MetricType::Unknown;
  std::string help;
  std::vector<MetricSample> samples = {};
};

// What the text is called by HTTP.
inline constexpr std::string_view open_metrics_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

[[nodiscard]] std::string open_metrics(const std::vector<MetricFamily>& families);

} // namespace ktls
