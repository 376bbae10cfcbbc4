// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/needs.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/sandbox.hpp"
#include "broker/test_generation.hpp"

namespace ktls {
namespace {

using Lines = std::vector<std::string>;

std::string rule(const std::string& conditions) {
  return "[[rule]]\nname = \"r\"\naction = \"deny\"\n" + conditions;
}
const std::string by_executable = rule("executable = \"/bin/x\"\n");
const std::string by_direction = rule("direction = \"inbound\"\n");

const std::string ending = "[credential.c]\ncertificate = \"/c.pem\"\nprivate_key = \"/c.key\"\n"
                           "[profile.s]\nhandshake_role = \"server-with-client-auth\"\n"
                           "client_auth_type = \"safcheck\"\ncredentials = \"c\"\n"
                           "truststore = \"/ca.pem\"\nrevoked_sessions = \"end\"\n";

// Of an agent that can find out, and do, nothing.
Lines needs(const std::string& toml) {
  return unmet_needs(test::policy_of(toml),
                     {[] { return false; }, []() -> Result<> { return invalid("no sock_diag"); },
                      [] { return false; }})
      .lines;
}

TEST(UnmetNeeds, AreNoneOfWhatIsThere) {
  const Abilities all{[] { return true; }, []() -> Result<> { return {}; }, [] { return true; }};

  EXPECT_EQ(unmet_needs(test::policy_of(by_executable), all).lines, Lines{});
  EXPECT_EQ(unmet_needs(test::policy_of(by_direction), all).lines, Lines{});
  EXPECT_EQ(unmet_needs(test::policy_of(ending), all).lines, Lines{});
}

TEST(UnmetNeeds, AreThoseOfAProfileThatEndsSessions) {
  const auto lines = needs(ending);

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find("test.toml:4: profile.s.revoked_sessions: \"end\" needs a kernel that "
                          "ends connections of others (CONFIG_INET_DIAG_DESTROY), or "
                          "CAP_SYS_PTRACE"),
            0U)
      << lines[0];
}

TEST(UnmetNeeds, AreThoseOfARuleByExecutable) {
  const auto lines = needs(by_executable);

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find("test.toml:1: rule.r.executable: needs CAP_SYS_PTRACE"), 0U) << lines[0];
  EXPECT_NE(lines[0].find("AmbientCapabilities="), std::string::npos);
}

TEST(UnmetNeeds, AreThoseOfARuleByDirection) {
  const auto lines = needs(by_direction);

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find("test.toml:1: rule.r.direction: cannot be found out: no sock_diag; "
                          "modprobe tcp_diag"),
            0U)
      << lines[0];
}

TEST(UnmetNeeds, AreNotAskedForWithoutSuchRules) {
  EXPECT_EQ(needs(rule("local_port = 443\n")), Lines{});
}

// Services in the kernel tell their direction, and have no executable.
TEST(UnmetNeeds, AreNotThoseOfTheKernelsRules) {
  EXPECT_EQ(needs(by_direction + "origin = \"kernel\"\n"), Lines{});
  EXPECT_EQ(needs(by_direction + "origin = [\"kernel\", \"application\"]\n").size(), 1U);
}

TEST(HasCapability, IsWhatThisProcessHasLeft) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool had = has_capability(CAP_CHOWN);
    const bool kept = keep_capabilities(std::array{CAP_CHOWN}).has_value();
    const bool has = has_capability(CAP_CHOWN);
    ::_exit(kept == had && has == had && drop_capabilities() && !has_capability(CAP_CHOWN) ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

} // namespace
} // namespace ktls
