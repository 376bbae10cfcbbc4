// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/generations.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "broker/live_generations.hpp"

namespace ktls {
namespace {

using Lines = std::vector<std::string>;

// Of this one.
std::size_t count_children() {
  std::size_t count = 0;
  const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  for (const auto& task : tasks) {
    std::ifstream children(task.path() / "children");
    for (long pid = 0; children >> pid;)
      ++count;
  }
  return count;
}

class GenerationsTest : public test::LiveGenerations {};

TEST_F(GenerationsTest, PutsTheFirstInForce) {
  EXPECT_EQ(generations.in_force(), nullptr);
  EXPECT_EQ(generations.number(), 0U);

  EXPECT_EQ(follow(client_policy), Lines{});

  EXPECT_EQ(generations.number(), 1U);
  ASSERT_NE(generations.in_force(), nullptr);
  EXPECT_EQ(generations.in_force()->policy.profiles().size(), 1U);
  EXPECT_TRUE(generations.can_follow());
}

TEST_F(GenerationsTest, CountsOnFromTheAgentBefore) {
  generations.count_from(7);
  put_in_force(client_policy);
  EXPECT_EQ(generations.number(), 8U);
  put_in_force(client_policy);
  EXPECT_EQ(generations.number(), 9U);
}

TEST_F(GenerationsTest, LoadsTheKeysFirst) {
  EXPECT_EQ(follow(server_policy("server.pem", "leaf.key")), Lines{});

  EXPECT_EQ(generations.number(), 1U);
}

TEST_F(GenerationsTest, TakesOneAtATime) {
  generations.follow(configuration(client_policy), [](const policy::Problems&) {});

  EXPECT_FALSE(generations.can_follow());

  pump.until([this] { return generations.can_follow(); });
  EXPECT_EQ(generations.number(), 1U);
}

TEST_F(GenerationsTest, ChangesNothingUntilTheNextIsReady) {
  put_in_force(client_policy);
  const auto* first = generations.in_force();

  generations.follow(configuration(client_policy), [](const policy::Problems&) {});

  EXPECT_EQ(generations.in_force(), first);
  EXPECT_EQ(generations.number(), 1U);
  pump.until([this] { return generations.number() == 2; });
}

TEST_F(GenerationsTest, TellsWhatIsWrongWithAKey) {
  const auto lines = follow(server_policy("server.pem", "p384.key"));

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("p384.key: the private key does not belong to the certificate"),
            std::string::npos)
      << lines[0];
  EXPECT_EQ(generations.in_force(), nullptr);
  EXPECT_EQ(generations.number(), 0U);
}

TEST_F(GenerationsTest, TellsAllThatIsWrongWithKeys) {
  const auto lines = follow(
      server_policy("server.pem", "p384.key") +
      fmt::format("[credential.other]\ncertificate = \"{}\"\nprivate_key = \"/nowhere.key\"\n"
                  "[profile.two]\nhandshake_role = \"server\"\ncredentials = \"other\"\n",
                  test::data_path("server-rsa.pem")));

  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("p384.key"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("/nowhere.key"), std::string::npos) << lines[1];
}

TEST_F(GenerationsTest, LeavesTheOldOneInForce) {
  put_in_force(client_policy);
  const auto* first = generations.in_force();

  EXPECT_EQ(follow(server_policy("server.pem", "p384.key")).size(), 1U);

  EXPECT_EQ(generations.in_force(), first);
  EXPECT_EQ(generations.number(), 1U);
  put_in_force(client_policy);
  EXPECT_EQ(generations.number(), 2U) << "those in force are counted";
}

TEST_F(GenerationsTest, GivesUpOnAWorkerThatEnds) {
  put_in_force(client_policy);
  lead("ktlsd-worker", "/bin/false");

  EXPECT_EQ(follow(client_policy), Lines{"its processes ended: see the log"});

  EXPECT_EQ(generations.number(), 1U);
}

TEST_F(GenerationsTest, GivesUpOnASignerThatEnds) {
  put_in_force(client_policy);
  lead("ktlsd-signer", "/bin/false");

  EXPECT_EQ(follow(server_policy("server.pem", "leaf.key")),
            Lines{"its processes ended: see the log"});

  EXPECT_EQ(generations.number(), 1U);
}

TEST_F(GenerationsTest, GivesUpOnWhatCannotBeStarted) {
  lead("ktlsd-signer", "/nowhere");

  EXPECT_EQ(follow(client_policy), Lines{"its processes ended: see the log"});
}

TEST_F(GenerationsTest, GivesUpWhenOneSignerIsReadyBehindTheEndOfAnother) {
  lead_to_a_signer_that_is_ready_last();

  EXPECT_EQ(follow(with_token_key()), Lines{"its processes ended: see the log"});
}

// Nothing is started again for a policy that did not come into force.
TEST_F(GenerationsTest, LogsOfATrialWhatNobodyWasTold) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(follow(server_policy("server.pem", "p384.key")).size(), 1U);
  const auto told = testing::internal::GetCapturedStderr();
  lead("ktlsd-worker", "/bin/false");
  testing::internal::CaptureStderr();
  EXPECT_EQ(follow(client_policy).size(), 1U);
  const auto ended = testing::internal::GetCapturedStderr();

  EXPECT_EQ(told.find("ktlsd-signer["), std::string::npos) << told;
  EXPECT_NE(ended.find("ktlsd-worker["), std::string::npos) << ended;
  EXPECT_EQ(ended.find("starting a new one"), std::string::npos) << ended;
}

TEST_F(GenerationsTest, EndsTheProcessesOfOneThatHasNoHandshakes) {
  put_in_force(client_policy);
  const auto of_one = count_children();
  EXPECT_GE(of_one, 2U);
  bool room = false;
  generations.on_room([&] { room = true; });

  put_in_force(client_policy);
  pump.until([&] { return room; });

  // they are told to end, and take their time
  pump.until([&] { return count_children() == of_one; });
}

TEST_F(GenerationsTest, EndsTheProcessesOfOneThatFailed) {
  put_in_force(client_policy);
  const auto of_one = count_children();
  bool room = false;
  generations.on_room([&] { room = true; });

  EXPECT_EQ(follow(server_policy("server.pem", "p384.key")).size(), 1U);
  pump.until([&] { return room; });

  // they are told to end, and take their time
  pump.until([&] { return count_children() == of_one; });
}

TEST(LimitsOf, AreThoseOfTheAgent) {
  const auto policy = test::policy_of("[agent]\nmax_handshakes = 4\nmax_queued = 5\n"
                                      "max_handshakes_per_uid = 3\n"
                                      "max_handshakes_per_address = 2\n");

  const auto limits = limits_of(policy.agent());

  EXPECT_EQ(limits.handshakes, 4U);
  EXPECT_EQ(limits.queued, 5U);
  EXPECT_EQ(limits.each.per_uid, 3U);
  EXPECT_EQ(limits.each.per_address, 2U);
}

} // namespace
} // namespace ktls
