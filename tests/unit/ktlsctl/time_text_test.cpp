// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/time_text.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "ktlsctl/session_samples.hpp"

namespace ktls::command {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(TimeText, IsInUtcForPrograms) {
  EXPECT_EQ(utc_text(test::noon()), "2026-11-27T12:00:00Z");
  EXPECT_EQ(utc_text(test::noon() + microseconds(999'999)), "2026-11-27T12:00:00Z");
  EXPECT_EQ(utc_text(wall_time(std::int64_t{-1})), "1969-12-31T23:59:59Z");
}

TEST(TimeText, IsOfTheSameFormInEachTimeZone) {
  EXPECT_EQ(date_text(test::noon()).size(), std::string("2026-11-27 12:00:00").size());
  EXPECT_EQ(clock_text(test::noon()).size(), std::string("12:00:00").size());
}

TEST(TimeText, TakesTimesThatAreNone) {
  EXPECT_FALSE(utc_text(wall_time(std::numeric_limits<std::uint64_t>::max())).empty());
  EXPECT_FALSE(utc_text(wall_time(std::numeric_limits<std::int64_t>::min())).empty());
  EXPECT_FALSE(date_text(wall_time(std::numeric_limits<std::uint64_t>::max())).empty());
}

TEST(DurationText, HasTwoPartsAtMost) {
  EXPECT_EQ(duration_text(seconds(0)), "0 s");
  EXPECT_EQ(duration_text(seconds(59)), "59 s");
  EXPECT_EQ(duration_text(seconds(61)), "1 min");
  EXPECT_EQ(duration_text(minutes(125)), "2 h 5 min");
  EXPECT_EQ(duration_text(hours(2)), "2 h");
  EXPECT_EQ(duration_text(hours(76)), "3 d 4 h");
  EXPECT_EQ(duration_text(days(3)), "3 d");
}

TEST(DurationText, IsNothingForAClockThatWentBack) {
  EXPECT_EQ(duration_text(seconds(-5)), "0 s");
  EXPECT_EQ(short_duration_text(seconds(-5)), "0s");
}

TEST(DurationText, IsShortInTables) {
  EXPECT_EQ(short_duration_text(seconds(45)), "45s");
  EXPECT_EQ(short_duration_text(minutes(12)), "12m");
  EXPECT_EQ(short_duration_text(minutes(125)), "2h05m");
  EXPECT_EQ(short_duration_text(hours(76)), "3d04h");
}

TEST(ExpiryText, CountsWholeDays) {
  const auto now = test::noon();

  EXPECT_EQ(expiry_text(now + days(35) + hours(1), now), "35 days left");
  EXPECT_EQ(expiry_text(now + days(1), now), "1 day left");
  EXPECT_EQ(expiry_text(now + hours(23), now), "expires within a day");
  EXPECT_EQ(expiry_text(now - hours(1), now), "expired less than a day ago");
  EXPECT_EQ(expiry_text(now - days(3) - hours(1), now), "expired 3 days ago");
  EXPECT_EQ(days_left(now - hours(1), now), -1);
}

TEST(ExpiryText, TakesTimesThatAreNone) {
  const auto end = wall_time(std::numeric_limits<std::int64_t>::max());
  const auto begin = wall_time(std::numeric_limits<std::int64_t>::min());

  EXPECT_GT(days_left(end, begin), 0);
  EXPECT_LT(days_left(begin, end), 0);
}

} // namespace
} // namespace ktls::command
