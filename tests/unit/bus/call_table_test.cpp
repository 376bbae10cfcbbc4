// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/call_table.hpp"

#include <gtest/gtest.h>

namespace ktls::bus {
namespace {

TEST(CallTable, HasRoomForSoManyOfOneConnection) {
  CallTable table(10, 2);
  EXPECT_TRUE(table.enter(":1.1", nullptr));
  const auto second = table.enter(":1.1", nullptr);
  EXPECT_TRUE(second);

  EXPECT_FALSE(table.enter(":1.1", nullptr));
  EXPECT_TRUE(table.enter(":1.2", nullptr));
  table.leave(*second);
  EXPECT_TRUE(table.enter(":1.1", nullptr));
}

TEST(CallTable, HasRoomForSoManyInAll) {
  CallTable table(3, 2);
  EXPECT_TRUE(table.enter(":1.1", nullptr));
  EXPECT_TRUE(table.enter(":1.2", nullptr));
  EXPECT_TRUE(table.enter(":1.3", nullptr));

  EXPECT_FALSE(table.enter(":1.4", nullptr));
  EXPECT_EQ(table.size(), 3U);
}

TEST(CallTable, CountsTheCallsOfAUserWhateverTheConnection) {
  CallTable table(10, 2);
  for (const char* caller : {":1.1", ":1.2"})
    EXPECT_TRUE(table.identify(*table.enter(caller, nullptr), 1000));

  EXPECT_FALSE(table.identify(*table.enter(":1.3", nullptr), 1000));
  EXPECT_TRUE(table.identify(*table.enter(":1.4", nullptr), 1001));
}

TEST(CallTable, LetsRootCallFromManyConnections) {
  CallTable table(10, 2);

  for (const char* caller : {":1.1", ":1.2", ":1.3"})
    EXPECT_TRUE(table.identify(*table.enter(caller, nullptr), 0));
}

TEST(CallTable, FreesThePlacesOfWhoLeaves) {
  CallTable table(10, 2);
  const auto kept = std::make_shared<int>(1);
  const auto first = table.enter(":1.1", kept);
  EXPECT_TRUE(table.enter(":1.1", kept));
  EXPECT_TRUE(table.enter(":1.2", kept));

  table.forget(":1.1");

  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(kept.use_count(), 2);
  table.leave(*first); // its answer comes later
  EXPECT_TRUE(table.identify(*first, 1000));
  EXPECT_EQ(table.size(), 1U);
}

} // namespace
} // namespace ktls::bus
