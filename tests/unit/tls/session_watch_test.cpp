// SPDX-License-Identifier: GPL-2.0-or-later
// What a session tells of its handshake.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tls/hello_text.hpp"
#include "tls/parties.hpp"

namespace ktls::tls {
namespace {

using ipc::StepKind;
using test::versions;

class NotingWatch final : public HandshakeWatch {
public:
  void on_step(StepKind kind, const std::string& text) override { steps.emplace_back(kind, text); }
  void on_message(unsigned type, bool sent) override {
    messages.push_back((sent ? "> " : "< ") + message_name(type));
  }
  [[nodiscard]] std::string of(StepKind kind) const {
    const auto found = std::ranges::find(steps, kind, &std::pair<StepKind, std::string>::first);
    return found == steps.end() ? "" : found->second;
  }
  [[nodiscard]] bool had(const std::string& message) const {
    return std::ranges::find(messages, message) != messages.end();
  }
  std::vector<std::pair<StepKind, std::string>> steps;
  std::vector<std::string> messages;
};

class SessionWatch : public testing::TestWithParam<const char*> {
protected:
  test::Parties parties() {
    auto client = test::client("client");
    auto server = test::asking_server();
    client.priority = server.priority = GetParam();
    client.watch = &of_client;
    server.watch = &of_server;
    return {client, server};
  }
  [[nodiscard]] static bool is_tls12() { return GetParam() == versions[0]; }

  NotingWatch of_client;
  NotingWatch of_server;
};

INSTANTIATE_TEST_SUITE_P(Session, SessionWatch, testing::ValuesIn(versions),
                         [](const auto& test) { return test.index == 0 ? "Tls12" : "Tls13"; });

TEST_P(SessionWatch, TellsOfferAndChoiceAtBothEnds) {
  auto both = parties();
  both.shake();

  test::expect_complete(both);
  EXPECT_NE(of_server.of(StepKind::Offer).find("server name \"server.test\""), std::string::npos)
      << of_server.of(StepKind::Offer);
  EXPECT_EQ(of_server.of(StepKind::Offer), of_client.of(StepKind::Offer));
  EXPECT_EQ(of_server.of(StepKind::Choice), of_client.of(StepKind::Choice));
  EXPECT_NE(of_server.of(StepKind::Choice).find(is_tls12() ? "TLS 1.2" : "TLS 1.3"),
            std::string::npos)
      << of_server.of(StepKind::Choice);
  EXPECT_EQ(of_server.of(StepKind::Choice).find("malformed"), std::string::npos);
}

TEST_P(SessionWatch, TellsCertificatesAndVerdict) {
  auto both = parties();
  both.shake();

  EXPECT_EQ(of_server.of(StepKind::Certificate).substr(0, 12), "0: subject \"");
  EXPECT_EQ(of_server.of(StepKind::Verdict), "success, validated");
  EXPECT_EQ(of_client.of(StepKind::Verdict), "success, validated");
}

TEST_P(SessionWatch, TellsWhyAPeerIsRefused) {
  auto client = test::client("client");
  auto server = test::asking_server();
  client.priority = server.priority = GetParam();
  client.name = "another.test";
  client.watch = &of_client;
  test::Parties both(client, server);

  both.shake();

  ASSERT_EQ(both.client.step, test::Party::Step::Failed);
  EXPECT_EQ(of_client.of(StepKind::Verdict).substr(0, facts(both.client.reason()).name.size()),
            facts(both.client.reason()).name);
  EXPECT_NE(of_client.of(StepKind::Verdict).find("not validated"), std::string::npos);
}

TEST_P(SessionWatch, TellsTheMessagesOfBothSides) {
  auto both = parties();
  both.shake();

  EXPECT_TRUE(of_server.had("< client_hello"));
  EXPECT_TRUE(of_server.had("> server_hello"));
  EXPECT_TRUE(of_server.had("< certificate_verify"));
  EXPECT_TRUE(of_server.had("< finished"));
  EXPECT_TRUE(of_server.had("> finished"));
  EXPECT_TRUE(of_client.had("> client_hello"));
  EXPECT_TRUE(of_client.had("< server_hello"));
  EXPECT_EQ(of_server.messages.front(), "< client_hello");
}

} // namespace
} // namespace ktls::tls
