// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/heartbeat.hpp"

#include <gtest/gtest.h>

#include "support/pump.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;

class HeartbeatTest : public testing::Test {
protected:
  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  int asked = 0;
  int lost = 0;
  Heartbeat heartbeat{loop, 1ms, [this] { ++asked; }, [this] { ++lost; }};
};

TEST_F(HeartbeatTest, LeavesAloneWhatNobodyNeeds) {
  EXPECT_FALSE(loop.run_once(3ms).value());
  EXPECT_EQ(asked, 0);
}

TEST_F(HeartbeatTest, AsksOnceAndIsContentWithAnAnswer) {
  heartbeat.needed();
  heartbeat.needed();
  EXPECT_EQ(asked, 0) << "not at once";

  pump.until([&] { return asked == 1; });
  heartbeat.answered();

  EXPECT_FALSE(loop.run_once(3ms).value());
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(lost, 0);
}

TEST_F(HeartbeatTest, AsksAgainWhenItIsNeededAgain) {
  for (int round = 1; round <= 3; ++round) {
    heartbeat.needed();
    pump.until([&] { return asked == round; });
    heartbeat.answered();
  }

  EXPECT_EQ(lost, 0);
}

TEST_F(HeartbeatTest, NoticesThatNoAnswerComes) {
  heartbeat.needed();

  pump.until([&] { return lost == 1; });

  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(loop.run_once(3ms).value());
  EXPECT_EQ(lost, 1) << "told once";
}

TEST_F(HeartbeatTest, IsNotKeptWaitingByThoseWhoNeedIt) {
  heartbeat.needed();
  pump.until([&] {
    heartbeat.needed();
    return lost == 1;
  });

  EXPECT_EQ(asked, 1);
}

TEST_F(HeartbeatTest, MayBeDestroyedByTheLoss) {
  auto mortal = std::make_unique<std::optional<Heartbeat>>();
  mortal->emplace(
      loop, 1ms, [] {}, [&] { mortal.reset(); });
  (*mortal)->needed();

  pump.until([&] { return mortal == nullptr; });
}

} // namespace
} // namespace ktls
