// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/open_metrics.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace ktls {
namespace {

TEST(OpenMetrics, EndsEvenWithoutMetrics) {
  EXPECT_EQ(open_metrics({}), "# EOF\n");
}

TEST(OpenMetrics, WritesFamiliesWithTheirSamples) {
  const MetricFamily counter{"a",
                             MetricType::Counter,
                             "As.",
                             {{"_total", {{"x", "1"}, {"y", "2"}}, 3}, {"_total", {}, 1.5}}};
  const MetricFamily gauge{"b", MetricType::Gauge, "Bs."};

  EXPECT_EQ(open_metrics({counter, gauge}), "# TYPE a counter\n# HELP a As.\n"
                                            "a_total{x=\"1\",y=\"2\"} 3\na_total 1.5\n"
                                            "# TYPE b gauge\n# HELP b Bs.\n# EOF\n");
}

TEST(OpenMetrics, EscapesText) {
  const MetricFamily family{"a", MetricType::Gauge, "a \"b\"\nc\\", {{"", {{"x", "\"\\\n"}}, 0}}};

  EXPECT_EQ(open_metrics({family}), "# TYPE a gauge\n# HELP a a \\\"b\\\"\\nc\\\\\n"
                                    "a{x=\"\\\"\\\\\\n\"} 0\n# EOF\n");
}

TEST(OpenMetrics, WritesNumbersThatAreReadBackTheSame) {
  const auto line = [](double value) {
    const auto text = open_metrics({{"a", MetricType::Gauge, "", {{"", {}, value}}}});
    const auto at = text.find("\na ") + 3;
    return text.substr(at, text.find('\n', at) - at);
  };

  EXPECT_EQ(line(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(line(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(std::stod(line(1764195840)), 1764195840.0);
  EXPECT_EQ(std::stod(line(0.1)), 0.1);
}

} // namespace
} // namespace ktls
