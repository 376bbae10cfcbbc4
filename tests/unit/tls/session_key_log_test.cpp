// SPDX-License-Identifier: GPL-2.0-or-later
// The secrets that a session gives away, where it is told to.
#include <gtest/gtest.h>

#include <set>
#include <tuple>
#include <vector>

#include "tls/parties.hpp"

namespace ktls::tls {
namespace {

using ipc::KeyLabel;
using test::versions;
using LoggedBytes = std::vector<std::byte>;
using LoggedSecret = std::tuple<KeyLabel, LoggedBytes, LoggedBytes>; // label, client random, secret

class NotingKeyLog final : public KeyLog {
public:
  void on_secret(KeyLabel label, std::span<const std::byte> client_random,
                 std::span<const std::byte> secret) override {
    secrets.emplace(label, LoggedBytes(client_random.begin(), client_random.end()),
                    LoggedBytes(secret.begin(), secret.end()));
  }
  [[nodiscard]] std::set<KeyLabel> labels() const {
    std::set<KeyLabel> out;
    for (const auto& secret : secrets)
      out.insert(std::get<0>(secret));
    return out;
  }
  std::set<LoggedSecret> secrets;
};

class SessionKeyLog : public testing::TestWithParam<const char*> {
protected:
  test::Options with_log(test::Options options, KeyLog* log) {
    options.priority = GetParam();
    options.key_log = log;
    return options;
  }
  NotingKeyLog of_client;
  NotingKeyLog of_server;
};

INSTANTIATE_TEST_SUITE_P(Session, SessionKeyLog, testing::ValuesIn(versions),
                         [](const auto& test) { return test.index == 0 ? "Tls12" : "Tls13"; });

TEST_P(SessionKeyLog, HasTheSameSecretsAtBothEnds) {
  test::Parties parties(with_log(test::client("client"), &of_client),
                        with_log(test::asking_server(), &of_server));

  parties.shake();

  test::expect_complete(parties);
  EXPECT_EQ(of_client.secrets, of_server.secrets);
  const bool is_old = GetParam() == versions[0];
  const std::set<KeyLabel> old{KeyLabel::ClientRandom};
  const std::set<KeyLabel> now{
      KeyLabel::ClientHandshakeTrafficSecret, KeyLabel::ServerHandshakeTrafficSecret,
      KeyLabel::ClientTrafficSecret0, KeyLabel::ServerTrafficSecret0, KeyLabel::ExporterSecret};
  EXPECT_EQ(of_server.labels(), is_old ? old : now);
  for (const auto& [label, client_random, secret] : of_server.secrets) {
    EXPECT_EQ(client_random.size(), 32U);
    EXPECT_GE(secret.size(), 32U);
    EXPECT_LE(secret.size(), ipc::KeyLogEntry::max_secret);
  }
}

TEST_P(SessionKeyLog, IsGivenNothingUnasked) {
  ASSERT_EQ(::setenv("SSLKEYLOGFILE", "/dev/full", 1), 0);
  test::Parties parties(with_log(test::client("client"), nullptr),
                        with_log(test::asking_server(), &of_server));

  parties.shake();

  ASSERT_EQ(::unsetenv("SSLKEYLOGFILE"), 0);
  test::expect_complete(parties);
  EXPECT_TRUE(of_client.secrets.empty());
  EXPECT_FALSE(of_server.secrets.empty());
}

} // namespace
} // namespace ktls::tls
