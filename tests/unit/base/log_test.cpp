// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.hpp"

#include <gtest/gtest.h>

namespace ktls::log {
namespace {

std::string logged(Level threshold) {
  set_level(threshold);
  testing::internal::CaptureStderr();
  error("a {}", 1);
  warning("b {}", "two");
  notice("c");
  info("d");
  debug("e");
  set_level(Level::Info);
  return testing::internal::GetCapturedStderr();
}

TEST(Log, HasThePrioritiesOfTheJournal) {
  EXPECT_EQ(logged(Level::Debug), "<3>a 1\n<4>b two\n<5>c\n<6>d\n<7>e\n");
}

TEST(Log, DropsWhatIsAboveItsLevel) {
  EXPECT_EQ(logged(Level::Info), "<3>a 1\n<4>b two\n<5>c\n<6>d\n");
  EXPECT_EQ(logged(Level::Error), "<3>a 1\n");
}

} // namespace
} // namespace ktls::log
