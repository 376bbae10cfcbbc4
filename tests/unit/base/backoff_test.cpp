// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/backoff.hpp"

#include <gtest/gtest.h>

namespace ktls {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToItsLongest) {
  Backoff backoff;

  for (const auto expected : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10'000ms})
    EXPECT_EQ(backoff.next(0s), expected);
  EXPECT_EQ(backoff.next(29s), 10'000ms);
}

TEST(Backoff, StartsAnewBehindWhatWasSound) {
  Backoff backoff;
  (void)backoff.next(0s);
  (void)backoff.next(0s);

  EXPECT_EQ(backoff.next(30s), 100ms);
  EXPECT_EQ(backoff.next(0s), 200ms);
}

} // namespace
} // namespace ktls
