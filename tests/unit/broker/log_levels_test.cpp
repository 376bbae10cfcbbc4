// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/log_levels.hpp"

#include <gtest/gtest.h>

#include "broker/test_generation.hpp"

namespace ktls {
namespace {

using policy::LogLevel;

std::string profile_table(const std::string& name, const std::string& level) {
  return "[profile." + name +
         "]\nhandshake_role = \"client\"\ntruststore = \"/ca\"\nlog_level = \"" + level + "\"\n";
}

class LogLevelsTest : public testing::Test {
protected:
  [[nodiscard]] LogLevel of(const policy::Policy& policy, const std::string& name) const {
    return levels.of(*profile_named(policy, name));
  }
  policy::Policy both = test::policy_of(profile_table("a", "warning") + profile_table("b", "info"));
  LogLevels levels;
};

TEST_F(LogLevelsTest, AreThePolicysAtFirst) {
  EXPECT_EQ(of(both, "a"), LogLevel::Warning);
  EXPECT_EQ(of(both, "b"), LogLevel::Info);
}

TEST_F(LogLevelsTest, AreWhatWasSetUntilThatIsTakenBack) {
  EXPECT_TRUE(levels.set(both, "a", LogLevel::Debug));
  EXPECT_EQ(of(both, "a"), LogLevel::Debug);
  EXPECT_EQ(of(both, "b"), LogLevel::Info);

  EXPECT_TRUE(levels.set(both, "a", std::nullopt));
  EXPECT_EQ(of(both, "a"), LogLevel::Warning);
}

TEST_F(LogLevelsTest, AreNotSetOfWhatThereIsNot) {
  EXPECT_FALSE(levels.set(both, "c", LogLevel::Debug));
  EXPECT_FALSE(levels.set(both, "c", std::nullopt));
}

TEST_F(LogLevelsTest, OutliveAPolicyThatHasTheProfile) {
  ASSERT_TRUE(levels.set(both, "a", LogLevel::Debug));
  const auto only_a = test::policy_of(profile_table("a", "error"));
  const auto only_b = test::policy_of(profile_table("b", "error"));

  levels.on_policy(only_a);
  EXPECT_EQ(of(only_a, "a"), LogLevel::Debug);

  levels.on_policy(only_b);
  levels.on_policy(only_a);
  EXPECT_EQ(of(only_a, "a"), LogLevel::Error) << "it was gone in between";
}

} // namespace
} // namespace ktls
