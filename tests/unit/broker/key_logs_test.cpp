// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/key_logs.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "broker/test_generation.hpp"

namespace ktls {
namespace {

class KeyLogsTest : public testing::Test {
protected:
  KeyLogsTest() {
    std::string name = "/run/key-logs-test-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
  }
  ~KeyLogsTest() override { std::filesystem::remove_all(directory); }
  [[nodiscard]] std::string file(const std::string& name) const { return directory / name; }
  // One profile for each.
  [[nodiscard]] policy::Policy logging_to(const std::vector<std::string>& names) const {
    std::string text = "[agent]\nallow_key_logging = true\n";
    for (std::size_t i = 0; i < names.size(); ++i)
      text += fmt::format("[profile.p{}]\nhandshake_role = \"client\"\ntruststore = \"/ca\"\n"
                          "key_log_file = \"{}\"\n",
                          i, file(names[i]));
    return test::policy_of(text);
  }
  void write(const std::string& name) {
    auto entry = wire::make<ipc::KeyLogEntry>();
    entry.label = ipc::KeyLabel::ClientRandom;
    entry.size = 1;
    logs.write(file(name), entry);
  }
  [[nodiscard]] std::size_t lines(const std::string& name) const {
    std::ifstream in(file(name));
    std::string line;
    std::size_t count = 0;
    while (std::getline(in, line))
      ++count;
    return count;
  }
  std::filesystem::path directory;
  KeyLogs logs;
};

TEST_F(KeyLogsTest, AreThoseOfThePolicyInForce) {
  const auto first = logging_to({"a", "a"});
  const auto second = logging_to({"b"});
  EXPECT_EQ(key_logged_profiles(first), 2U);
  ASSERT_TRUE(logs.prepare(first).lines.empty());
  write("a");
  EXPECT_EQ(lines("a"), 0U) << "not in force yet";

  logs.on_policy(first);
  write("a");
  ASSERT_TRUE(logs.prepare(second).lines.empty());
  write("a");
  write("b");
  EXPECT_EQ(lines("a"), 2U);
  EXPECT_EQ(lines("b"), 0U);

  logs.on_policy(second);
  write("a");
  write("b");
  EXPECT_EQ(lines("a"), 2U) << "nobody consents to it any more";
  EXPECT_EQ(lines("b"), 1U);
}

TEST_F(KeyLogsTest, AreOpenedAnewByEachPolicy) {
  const auto policy = logging_to({"a"});
  ASSERT_TRUE(logs.prepare(policy).lines.empty());
  logs.on_policy(policy);
  write("a");
  std::filesystem::rename(file("a"), file("moved"));

  ASSERT_TRUE(logs.prepare(policy).lines.empty());
  logs.on_policy(policy);
  write("a");

  EXPECT_EQ(lines("moved"), 1U);
  EXPECT_EQ(lines("a"), 1U);
}

TEST_F(KeyLogsTest, SayWhichCannotBeOpened) {
  const auto problems = logs.prepare(logging_to({"a", "none/b"})).lines;

  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find("profile.p1.key_log_file: "), std::string::npos) << problems[0];
}

} // namespace
} // namespace ktls
