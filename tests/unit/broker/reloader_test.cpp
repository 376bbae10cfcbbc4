// SPDX-License-Identifier: GPL-2.0-or-later
// Reloading, with the real processes behind each policy.
#include "broker/reloader.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "broker/live_generations.hpp"

namespace ktls {
namespace {

using Lines = std::vector<std::string>;

// Each of its certificates is `chain`, and expires then.
struct Certificate {
  ipc::Der chain;
  std::time_t not_after;
};
Snapshot snapshot_of(const std::vector<Certificate>& certificates) {
  Snapshot out;
  for (const auto& each : certificates) {
    const auto place = "test.toml:" + std::to_string(out.certificates.size());
    OwnCertificate own;
    own.credential = "host";
    own.path = "/host.pem";
    own.where = place;
    own.facts.subject = "CN=host";
    own.facts.not_after = each.not_after;
    out.certificates.push_back(std::move(own));
    out.workers.credentials.push_back({1, {each.chain}, {}});
  }
  return out;
}
const ipc::Der der_one{std::byte{1}};
const ipc::Der der_other{std::byte{2}};

Lines expired(const std::vector<Certificate>& after, const std::vector<Certificate>& before) {
  return newly_expired(snapshot_of(after), snapshot_of(before), 1000).lines;
}

TEST(NewlyExpired, IsACertificateThatIsNewAndOld) {
  EXPECT_EQ(expired({{der_one, 999}}, {}),
            Lines{"test.toml:0: /host.pem: the certificate has expired"});
  EXPECT_EQ(expired({{der_one, 1000}}, {{der_other, 2000}}).size(), 1U);
  EXPECT_EQ(expired({{der_one, 1001}}, {}), Lines{});
}

TEST(NewlyExpired, IsNoneThatIsInForceAlready) {
  EXPECT_EQ(expired({{der_one, 999}}, {{der_one, 999}}), Lines{});
  EXPECT_EQ(expired({{der_one, 999}}, {{der_other, 2000}, {der_one, 999}}), Lines{});
}

TEST(NewlyExpired, IsEachOfThem) {
  EXPECT_EQ(expired({{der_one, 999}, {der_one, 2000}, {der_other, 5}}, {}),
            (Lines{"test.toml:0: /host.pem: the certificate has expired",
                   "test.toml:2: /host.pem: the certificate has expired"}));
}

class ReloaderTest : public test::LiveGenerations {
protected:
  ReloaderTest() { put_in_force(client_policy); }
  void write(const std::string& toml) const { std::ofstream(path) << toml; }
  // What is told when it is over.
  Lines reload() {
    std::optional<Lines> told;
    reloader.reload([&](const policy::Problems& problems) { told = problems.lines; });
    pump.until([&] { return told.has_value(); });
    return told.value_or(Lines{"nothing was told"});
  }

  std::string path = directory.file("ktlsd.toml");
  int changes = 0;
  policy::Problems unmet; // needs of the next policy
  Reloader reloader{loop,
                    generations,
                    {path, true},
                    suites,
                    [this](const policy::Policy&) { return unmet; },
                    [this](const Configuration&) { ++changes; }};
};

TEST_F(ReloaderTest, PutsWhatIsInTheFilesInForce) {
  write(client_policy + "[[rule]]\nname = \"new\"\nprofile = \"one\"\n");

  EXPECT_EQ(reload(), Lines{});

  EXPECT_EQ(generations.number(), 2U);
  ASSERT_EQ(generations.in_force()->policy.rules().size(), 1U);
  EXPECT_EQ(generations.in_force()->policy.rules()[0].name, "new");
  EXPECT_EQ(changes, 1);
}

TEST_F(ReloaderTest, LeavesThePolicyInForceThatIsSound) {
  write("[profile.one]\nhandshake_role = \"client\"\n");

  const auto lines = reload();

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("truststore"), std::string::npos);
  EXPECT_EQ(generations.number(), 1U);
  EXPECT_EQ(changes, 0);
}

TEST_F(ReloaderTest, TakesUpNothingWhoseNeedsAreNotMet) {
  write(client_policy);
  unmet = {{"the direction cannot be found out"}};

  EXPECT_EQ(reload(), Lines{"the direction cannot be found out"});
  EXPECT_EQ(changes, 0);
  EXPECT_EQ(generations.number(), 1U);

  unmet = {};
  EXPECT_EQ(reload(), Lines{});
  EXPECT_EQ(generations.number(), 2U);
}

TEST_F(ReloaderTest, TellsThatTheFileIsMissing) {
  EXPECT_EQ(reload(), Lines{path + ": No such file or directory"});
  EXPECT_EQ(generations.number(), 1U);
}

TEST_F(ReloaderTest, RefusesACertificateThatHasExpired) {
  write(server_policy("expired.pem", "leaf.key"));

  const auto lines = reload();

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("expired.pem: the certificate has expired"), std::string::npos);
  EXPECT_EQ(generations.number(), 1U);
}

TEST_F(ReloaderTest, TellsWhatIsWrongWithAKey) {
  write(server_policy("server.pem", "p384.key"));

  const auto lines = reload();

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("does not belong to the certificate"), std::string::npos) << lines[0];
  EXPECT_EQ(generations.number(), 1U);
  EXPECT_EQ(changes, 0);
}

TEST_F(ReloaderTest, ReloadsOnceMoreForAllWhoAskMeanwhile) {
  write(client_policy);
  std::vector<int> order;
  const auto noting = [&](int who) {
    return [&order, who](const policy::Problems&) { order.push_back(who); };
  };
  reloader.reload(noting(1));
  reloader.reload(noting(2));
  reloader.reload(noting(3));

  pump.until([&] { return order.size() == 3; });

  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(generations.number(), 3U) << "the first, and one for the others";
  EXPECT_EQ(changes, 2);
}

} // namespace
} // namespace ktls
