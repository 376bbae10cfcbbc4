// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/line_limit.hpp"

#include <gtest/gtest.h>

namespace ktls {
namespace {

using namespace std::chrono_literals;

std::size_t allowed(LineLimit& limit, LineLimit::Clock::time_point now, std::size_t lines) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < lines; ++i)
    count += limit.allows(now) ? 1 : 0;
  return count;
}

TEST(LineLimit, AllowsSoManyInEachWindow) {
  LineLimit limit;
  const auto now = LineLimit::Clock::time_point(1h);

  EXPECT_EQ(allowed(limit, now, 1000), LineLimit::most);
  EXPECT_EQ(allowed(limit, now + 999ms, 1000), 0U);
  EXPECT_EQ(allowed(limit, now + 1s, 1000), LineLimit::most);
}

TEST(LineLimit, CountsWhatItLeftOut) {
  LineLimit limit;
  const auto now = LineLimit::Clock::time_point(1h);
  (void)allowed(limit, now, LineLimit::most);
  EXPECT_EQ(limit.take_left_out(), 0U);

  (void)allowed(limit, now, 7);

  EXPECT_EQ(limit.take_left_out(), 7U);
  EXPECT_EQ(limit.take_left_out(), 0U);
}

} // namespace
} // namespace ktls
