// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/time_window.hpp"

#include <gtest/gtest.h>

namespace ktls::policy {
namespace {

constexpr unsigned hour = 60;
enum Day { Mon, Tue, Wed, Thu, Fri, Sat, Sun };

std::string again(std::string_view text) {
  const auto window = parse_time_window(text);
  return window ? text_of(*window) : "none";
}

TEST(TimeWindow, IsOfDaysOrTimesOrBoth) {
  EXPECT_EQ(again("mon-fri 08:00-18:30"), "mon,tue,wed,thu,fri 08:00-18:30");
  EXPECT_EQ(again("sat,sun 00:00-24:00"), "sat,sun 00:00-24:00");
  EXPECT_EQ(again("mon"), "mon 00:00-24:00");
  EXPECT_EQ(again("22:00-06:00"), "mon,tue,wed,thu,fri,sat,sun 22:00-06:00");
  EXPECT_EQ(again("sat-mon,wed"), "mon,wed,sat,sun 00:00-24:00");
  EXPECT_EQ(again("Mon-FRI 23:00-00:00"), "mon,tue,wed,thu,fri 23:00-24:00");
  EXPECT_EQ(again(again("fri 22:00-06:00")), "fri 22:00-06:00");
}

TEST(TimeWindow, IsNothingElse) {
  for (const char* text : {"",
                           " ",
                           "monday",
                           "mon ",
                           "mon-",
                           "-mon",
                           "mon,",
                           ",mon",
                           "mon,,tue",
                           "08:00",
                           "8:00-9:00",
                           "08:00-18:60",
                           "08:00-24:01",
                           "24:00-06:00",
                           "08:00-08:00",
                           "00:00-00:00",
                           "08:00 - 18:00",
                           "mon  08:00-18:00",
                           "mon 08:00-18:00 ",
                           "mon tue",
                           "08:00-18:00 mon",
                           "0x:00-18:00"})
    EXPECT_FALSE(parse_time_window(text)) << text;
}

TEST(TimeWindow, IsFromItsFirstMinuteToBeforeItsLast) {
  const auto window = parse_time_window("mon-fri 08:00-18:00").value();

  EXPECT_FALSE(window.has({Mon, 8 * hour - 1}));
  EXPECT_TRUE(window.has({Mon, 8 * hour}));
  EXPECT_TRUE(window.has({Fri, 18 * hour - 1}));
  EXPECT_FALSE(window.has({Fri, 18 * hour}));
  EXPECT_FALSE(window.has({Sat, 12 * hour}));
}

TEST(TimeWindow, GoesOnIntoTheNextDay) {
  const auto window = parse_time_window("sun 22:00-06:00").value();

  EXPECT_TRUE(window.has({Sun, 22 * hour}));
  EXPECT_TRUE(window.has({Mon, 6 * hour - 1}));
  EXPECT_FALSE(window.has({Mon, 6 * hour}));
  EXPECT_FALSE(window.has({Sun, 5 * hour}));
  EXPECT_FALSE(window.has({Mon, 22 * hour}));
}

} // namespace
} // namespace ktls::policy
