// SPDX-License-Identifier: GPL-2.0-or-later
// What the agent tells of itself, its metrics and its credentials.
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "ktlsctl/credential_report.hpp"
#include "ktlsctl/log_level_report.hpp"
#include "ktlsctl/revalidation_report.hpp"
#include "ktlsctl/session_samples.hpp"
#include "ktlsctl/statistics_report.hpp"
#include "ktlsctl/status_report.hpp"
#include "ktlsctl/watch_page.hpp"

namespace ktls::command {
namespace {

class AgentReport : public testing::Test {
protected:
  AgentReport() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

bus::CredentialRow credential() {
  constexpr auto day_us = std::int64_t{24} * 60 * static_cast<std::int64_t>(test::minute_us);
  const auto noon_us = static_cast<std::int64_t>(test::noon_us);
  return {"web",
          "/etc/ktlsd/web.pem",
          "/etc/ktlsd/ktlsd.toml:12",
          "CN=www.example.com",
          "CN=Example CA",
          std::string(64, 'b'),
          "EC 256",
          noon_us - 100 * day_us,
          noon_us + 20 * day_us};
}

TEST_F(AgentReport, SaysHowItIs) {
  EXPECT_EQ(status_report({"0.1.0",
                           test::noon_us - 62 * test::minute_us,
                           4,
                           test::noon_us - test::minute_us,
                           12,
                           1,
                           2,
                           {"TLS 1.3", "rekeys"}},
                          test::noon(), Palette()),
            "ktlsd 0.1.0\n"
            "  running       since 2026-11-27 10:58:00 (1 h 2 min)\n"
            "  policy        4, in force since 2026-11-27 11:59:00 (1 min)\n"
            "  sessions      12\n"
            "  handshakes    1 in flight\n"
            "  workers       2\n"
            "  able to       TLS 1.3\n"
            "                rekeys\n");
}

TEST_F(AgentReport, SaysUntilWhenCredentialsAreValid) {
  EXPECT_EQ(credential_report({credential()}, test::noon(), Palette()),
            "web\n"
            "  file          /etc/ktlsd/web.pem\n"
            "  configured    /etc/ktlsd/ktlsd.toml:12\n"
            "  subject       CN=www.example.com\n"
            "  issuer        CN=Example CA\n"
            "  key           EC 256\n"
            "  valid from    2026-08-19 12:00:00\n"
            "  valid until   2026-12-17 12:00:00 (20 days left)\n"
            "  sha256        " +
                std::string(64, 'b') + "\n");
  EXPECT_EQ(credential_report({}, test::noon(), Palette()),
            "The policy in force has no credentials.\n");
  EXPECT_EQ(credentials_json({credential()}, test::noon())["credentials"][0]["days_left"], 20);
}

TEST_F(AgentReport, WarnsOfCredentialsThatExpire) {
  const Palette colours(true);
  const auto painted = [&](std::chrono::days left) {
    const auto end = wall_time(credential().not_after_us);
    return credential_report({credential()}, end - left, colours);
  };

  EXPECT_NE(painted(std::chrono::days(31)).find("\x1b[32m"), std::string::npos);
  EXPECT_NE(painted(std::chrono::days(30)).find("\x1b[33m"), std::string::npos);
  EXPECT_NE(painted(std::chrono::days(-1)).find("\x1b[31m"), std::string::npos);
}

TEST_F(AgentReport, HasATableOfMetrics) {
  const std::vector<bus::Sample> samples{
      {"ktlsd_handshakes_total", {{"outcome", "done"}, {"role", "server"}}, 12},
      {"ktlsd_handshake_seconds_bucket", {{"le", "0.1"}}, 3},
      {"ktlsd_handshake_seconds_sum", {}, 0.25},
      {"ktlsd_sessions", {}, std::numeric_limits<double>::infinity()}};

  EXPECT_EQ(statistics_table(samples, false, std::nullopt, Palette()),
            "METRIC                       LABELS                    VALUE\n"
            "ktlsd_handshakes_total       outcome=done role=server     12\n"
            "ktlsd_handshake_seconds_sum  -                          0.25\n"
            "ktlsd_sessions               -                           inf\n");
  EXPECT_NE(statistics_table(samples, true, std::nullopt, Palette()).find("le=0.1"),
            std::string::npos);
}

TEST_F(AgentReport, HasATableOfLogLevels) {
  EXPECT_EQ(log_level_table({{"web", "debug", "info", ""}, {"nfs\n", "info", "info", ""}},
                            std::nullopt, Palette()),
            "PROFILE  LEVEL  POLICY\n"
            "web      debug  info\n"
            "nfs\\x0a  info   info\n");
  EXPECT_EQ(log_level_table({}, std::nullopt, Palette()), "The policy in force has no profiles.\n");
}

TEST_F(AgentReport, SaysThatKeysAreLogged) {
  bus::AgentStatus status;
  status.version = "0.1.0";
  status.key_logged_profiles = 1;

  EXPECT_NE(status_report(status, test::noon(), Palette())
                .find("  keys          LOGGED, of 1 profile: ktlsctl log-level says where to\n"),
            std::string::npos);
  EXPECT_EQ(log_level_table({{"web", "info", "info", "/run/ktlsd/keys"}}, std::nullopt, Palette()),
            "PROFILE  LEVEL  POLICY  KEY LOG\n"
            "web      info   info    /run/ktlsd/keys\n");
}

TEST_F(AgentReport, TellsOfSessionsThatWereJudgedAnew) {
  EXPECT_EQ(revalidation_report({3, 0, 0, 0}, 0).outcome,
            "3 sessions of a known user, 0 revoked.\n");
  EXPECT_EQ(revalidation_report({3, 0, 0, 0}, 0).problems, "");
  const auto report = revalidation_report({3, 2, 1, 1}, 1);
  EXPECT_EQ(report.outcome, "3 sessions of a known user, 2 revoked, 1 ended.\n");
  EXPECT_EQ(report.problems,
            "1 session: nobody could say whether the user may go on; see the agent's log\n"
            "1 session: could not be ended; see the agent's log\n");
}

TEST_F(AgentReport, TellsOfOneThatWasJudgedAnew) {
  EXPECT_EQ(verdict_report(7, "allowed").problems, "");
  EXPECT_EQ(verdict_report(7, "revoked").problems, "");
  EXPECT_EQ(verdict_report(7, "no-user").outcome, "Session 7: no user is known of it.\n");
  EXPECT_NE(verdict_report(7, "undecided").problems, "");
  EXPECT_TRUE(test::is_harmless(verdict_report(7, test::hostile).problems));
}

TEST_F(AgentReport, PrintsNothingThatActsOnATerminal) {
  const auto& bad = test::hostile;

  EXPECT_TRUE(
      test::is_harmless(status_report({bad, 0, 0, 0, 0, 0, 0, {bad}}, test::noon(), Palette())));
  EXPECT_TRUE(test::is_harmless(
      credential_report({{bad, bad, bad, bad, bad, bad, bad, 0, 0}}, test::noon(), Palette())));
  EXPECT_TRUE(
      test::is_harmless(statistics_table({{bad, {{bad, bad}}, 1}}, true, std::nullopt, Palette())));
}

TEST(WatchPage, TakesThePlaceOfTheLastOneOnATerminal) {
  const Terminal terminal{true, 80, 5, Palette()};

  EXPECT_EQ(watch_page("head", "1\n2\n3\n", terminal), "\x1b[H\x1b[Jhead\n1\n2\n3\n");
  EXPECT_EQ(watch_page("head", "1\n2\n3\n4\n5\n", terminal),
            "\x1b[H\x1b[Jhead\n1\n2\n... and 3 more\n");
}

TEST(WatchPage, FollowsTheLastOneElsewhere) {
  EXPECT_EQ(watch_page("head", "1\n2\n", {}), "head\n1\n2\n\n");
}

} // namespace
} // namespace ktls::command
