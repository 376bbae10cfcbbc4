// SPDX-License-Identifier: GPL-2.0-or-later
// What each test of an application's abuse begins and ends with: the broker and all below it must
// be the same processes as before and hold as many descriptors.
#pragma once

#include "kernel/running_agent.hpp"

namespace ktls::test {

class AgentAbuse : public testing::Test {
protected:
  void SetUp() override { before_ = settled_census(); }
  void TearDown() override {
    const Census after = await_census(before_, std::chrono::seconds(3));
    EXPECT_EQ(after, before_) << "descriptors of each process, or the processes, have changed";
  }

private:
  Census before_;
};

} // namespace ktls::test
