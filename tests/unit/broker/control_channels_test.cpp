// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/control_channels.hpp"

#include <gtest/gtest.h>

#include "support/pump.hpp"
#include "wire.hpp"

namespace ktls {
namespace {

using Answer = ControlChannels::Answer;

class ControlChannelsTest : public testing::Test {
protected:
  // The application's end.
  ipc::Channel open(std::uint64_t cookie, uid_t uid = 1000) {
    auto [ours, theirs] = ipc::Channel::pair().value();
    controls.add(cookie, uid, std::move(ours));
    return std::move(theirs);
  }
  void order(std::uint64_t cookie) {
    controls.order_rekey(cookie, [this](Answer answer) { answers.push_back(answer); });
  }
  static bool has_order(ipc::Channel& application) {
    const auto received = application.receive().value();
    const auto* packet = std::get_if<ipc::Packet>(&received);
    wire::Order order{};
    return packet != nullptr && wire::decode(packet->data.data(), packet->data.size(), order) &&
           order.kind == wire::OrderKind::Rekey;
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  ControlChannels controls{loop, 2};
  std::vector<Answer> answers;
};

TEST_F(ControlChannelsTest, OrdersAndHearsThatItIsDone) {
  auto application = open(7);
  order(7);
  EXPECT_TRUE(has_order(application));
  EXPECT_TRUE(answers.empty());
  controls.on_rekeyed(8);
  EXPECT_TRUE(answers.empty());
  controls.on_rekeyed(7);

  EXPECT_EQ(answers, std::vector{Answer::Done});
}

TEST_F(ControlChannelsTest, OrdersOnceForAllWhoAsk) {
  auto application = open(7);
  order(7);
  order(7);
  EXPECT_TRUE(has_order(application));
  EXPECT_FALSE(has_order(application));
  controls.on_rekeyed(7);
  EXPECT_EQ(answers, (std::vector{Answer::Done, Answer::Done}));

  order(7);
  EXPECT_TRUE(has_order(application));
}

TEST_F(ControlChannelsTest, SaysThatNobodyTakesOrders) {
  order(7);

  EXPECT_EQ(answers, std::vector{Answer::NoChannel});
}

TEST_F(ControlChannelsTest, SaysThatTheApplicationHasClosed) {
  {
    const auto application = open(7);
    order(7);
  }
  pump.until_idle();

  EXPECT_EQ(answers, std::vector{Answer::NoChannel});
  order(7);
  EXPECT_EQ(answers.size(), 2U);
}

TEST_F(ControlChannelsTest, DoesNotWaitForEver) {
  ControlChannels impatient{loop, 2, std::chrono::milliseconds(1)};
  auto [ours, theirs] = ipc::Channel::pair().value();
  impatient.add(7, 1000, std::move(ours));
  impatient.order_rekey(7, [this](Answer answer) { answers.push_back(answer); });
  pump.until([this] { return !answers.empty(); });

  EXPECT_EQ(answers, std::vector{Answer::TooLate});
}

TEST_F(ControlChannelsTest, EndsWithTheSession) {
  auto application = open(7);
  order(7);
  controls.remove(7);

  EXPECT_EQ(answers, std::vector{Answer::NoChannel});
  EXPECT_TRUE(has_order(application));
  EXPECT_TRUE(std::holds_alternative<ipc::Closed>(application.receive().value()));
}

TEST_F(ControlChannelsTest, EndsWithWhoeverSends) {
  auto application = open(7);
  const std::byte nonsense{1};
  EXPECT_EQ(application.send({&nonsense, 1}), true);
  pump.until_idle();
  order(7);

  EXPECT_EQ(answers, std::vector{Answer::NoChannel});
}

TEST_F(ControlChannelsTest, ReplacesTheEarlierOne) {
  auto first = open(7);
  auto second = open(7);
  order(7);

  EXPECT_TRUE(std::holds_alternative<ipc::Closed>(first.receive().value()));
  EXPECT_TRUE(has_order(second));
}

TEST_F(ControlChannelsTest, LimitsThoseOfOneUser) {
  const auto first = open(7);
  EXPECT_TRUE(controls.may_add(1000));
  const auto second = open(8);
  EXPECT_FALSE(controls.may_add(1000));
  EXPECT_TRUE(controls.may_add(1001));
  controls.remove(7);
  EXPECT_TRUE(controls.may_add(1000));
}

} // namespace
} // namespace ktls
