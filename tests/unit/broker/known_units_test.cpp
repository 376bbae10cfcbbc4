// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/known_units.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ktls {
namespace {

using namespace std::chrono_literals;

class KnownUnitsTest : public testing::Test {
protected:
  int looked_up = 0;
  KnownUnits units{[this](pid_t pid) { return fmt::format("{}-{}", pid, ++looked_up); }};
  KnownUnits::Clock::time_point now{1h};
};

TEST_F(KnownUnitsTest, LooksUpAProcessOnceInAWhile) {
  EXPECT_EQ(units.of(17, 0, now), "17-1");
  EXPECT_EQ(units.of(17, 0, now + KnownUnits::life - 1ms), "17-1");
  EXPECT_EQ(units.of(17, 0, now + KnownUnits::life), "17-2");
}

TEST_F(KnownUnitsTest, TakesANumberOfAnotherUserForAnotherProcess) {
  EXPECT_EQ(units.of(17, 0, now), "17-1");
  EXPECT_EQ(units.of(17, 1000, now), "17-2");
  EXPECT_EQ(units.of(18, 0, now), "18-3");
}

TEST_F(KnownUnitsTest, DoesNotRememberWithoutEnd) {
  for (pid_t pid = 1; pid <= static_cast<pid_t>(KnownUnits::max_known) + 1; ++pid)
    (void)units.of(pid, 0, now);
  const int before = looked_up;

  (void)units.of(1, 0, now);

  EXPECT_EQ(looked_up, before + 1);
}

} // namespace
} // namespace ktls
