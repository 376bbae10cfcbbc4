// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/step_teller.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ktls {
namespace {

using namespace std::chrono_literals;

class StepTellerTest : public testing::Test {
protected:
  StepTeller::Clock::time_point now{1h};
  std::vector<ipc::HandshakeStep> told;
  StepTeller teller{9, now, [this] { return now; },
                    [this](const ipc::HandshakeStep& step) { told.push_back(step); }};
};

TEST_F(StepTellerTest, TellsWhatAndWhen) {
  now += 250us;
  teller.on_step(ipc::StepKind::Verdict, "success");

  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].valid());
  EXPECT_EQ(told[0].id, 9U);
  EXPECT_EQ(told[0].kind, ipc::StepKind::Verdict);
  EXPECT_EQ(told[0].since_us, 250U);
  EXPECT_EQ(told[0].text.view(), "success");
}

TEST_F(StepTellerTest, TellsOfMessagesAtTheEnd) {
  now += 10us;
  teller.on_message(1, false);
  now += 20us;
  teller.on_message(2, true);
  EXPECT_TRUE(told.empty());

  teller.finish();

  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].kind, ipc::StepKind::Messages);
  EXPECT_EQ(told[0].text.view(), "client_hello came 10 us, server_hello sent 30 us");
}

TEST_F(StepTellerTest, TellsThatThereWereNone) {
  teller.finish();

  EXPECT_EQ(told.at(0).text.view(), "none");
}

TEST_F(StepTellerTest, TellsNoMoreThanTheBrokerTakes) {
  for (std::size_t i = 0; i < 3 * ipc::HandshakeStep::max_steps; ++i) {
    teller.on_step(ipc::StepKind::Offer, std::string(5000, 'x'));
    teller.on_message(24, false);
  }
  teller.finish();

  ASSERT_EQ(told.size(), ipc::HandshakeStep::max_steps);
  EXPECT_TRUE(told.front().valid());
  EXPECT_EQ(told.back().kind, ipc::StepKind::Messages);
  EXPECT_TRUE(told.back().valid());
}

TEST_F(StepTellerTest, CountsNoTimeBelowZero) {
  now -= 1s; // the clock that the broker read is the same, but who knows
  teller.on_step(ipc::StepKind::Offer, "");
  now += 3h;
  teller.on_step(ipc::StepKind::Offer, "");

  EXPECT_EQ(told.at(0).since_us, 0U);
  EXPECT_EQ(told.at(1).since_us, 0xffffffffU);
}

} // namespace
} // namespace ktls
