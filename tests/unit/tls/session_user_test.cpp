// SPDX-License-Identifier: GPL-2.0-or-later
// When a session asks whose its client's certificate is, and what it makes of the answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tls/certificate.hpp"
#include "tls/parties.hpp"
#include "tls/signature.hpp"

namespace ktls::tls {
namespace {

using ipc::ClientAuthType;
using test::Options;
using test::versions;
using Step = Session::Step;

class NotingCheck final : public UserCheck {
public:
  Reason judge(const PresentedChain& chain, const ipc::SpkiHash& anchor) override {
    for (const auto der : chain)
      asked.emplace_back(der.begin(), der.end());
    anchors.push_back(anchor);
    return answer;
  }
  Reason answer = Reason::Success;
  std::vector<ipc::Der> asked;
  std::vector<ipc::SpkiHash> anchors;
};

class SessionUser : public testing::TestWithParam<const char*> {
protected:
  Options client(const std::string& certificate = "client") const {
    auto options = test::client(certificate);
    options.priority = GetParam();
    return options;
  }
  Options asking(ClientAuthType type) {
    auto options = test::asking_server(type);
    options.priority = GetParam();
    options.user = &check;
    return options;
  }
  static bool is_tls12() { return GetParam() == versions[0]; }

  NotingCheck check;
};

INSTANTIATE_TEST_SUITE_P(Session, SessionUser, testing::ValuesIn(versions),
                         [](const auto& test) { return test.index == 0 ? "Tls12" : "Tls13"; });

TEST_P(SessionUser, IsAskedForWithTheChainAndItsAnchor) {
  for (const auto type :
       {ClientAuthType::Full, ClientAuthType::Required, ClientAuthType::SafCheck}) {
    check = {};
    test::Parties parties(client(), asking(type));

    parties.shake();

    ASSERT_EQ(parties.server.step, Step::Complete) << parties.server.detail();
    EXPECT_EQ(check.asked, test::certificates("client"));
    ipc::SpkiHash anchor{};
    const auto ca = test::certificates("ca");
    ASSERT_TRUE(hash_spki(ParsedCertificate::parse(ca[0])->spki, anchor));
    EXPECT_EQ(check.anchors, std::vector{anchor});
  }
}

TEST_P(SessionUser, EndsTheHandshakeWhenItIsNotFit) {
  check.answer = Reason::UserRevoked;
  test::Parties parties(client(), asking(ClientAuthType::SafCheck));

  parties.shake();

  ASSERT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.server.reason(), Reason::UserRevoked);
  if (is_tls12()) { // in TLS 1.3 a client's part is over when its certificate is looked at
    ASSERT_EQ(parties.client.step, Step::Failed) << "it has not been told that all is well";
    EXPECT_EQ(parties.client.reason(), Reason::AlertReceived);
    EXPECT_EQ(parties.client.detail(), "Access was denied");
  }
}

TEST_P(SessionUser, IsNotAskedForWithoutAValidCertificate) {
  struct Case {
    ClientAuthType type;
    const char* certificate;
    Step step;
  };
  for (const auto& [type, certificate, step] :
       {Case{ClientAuthType::Full, "", Step::Complete},
        Case{ClientAuthType::Required, "", Step::Failed},
        Case{ClientAuthType::SafCheck, "untrusted", Step::Failed},
        Case{ClientAuthType::Full, "expired", Step::Failed},
        Case{ClientAuthType::PassThru, "client", Step::Complete},
        Case{ClientAuthType::PassThru, "untrusted", Step::Complete}}) {
    test::Parties parties(client(certificate), asking(type));

    parties.shake();

    EXPECT_EQ(parties.server.step, step) << certificate;
    EXPECT_TRUE(check.asked.empty()) << certificate;
  }
}

TEST_P(SessionUser, IsNotAskedForOfAServer) {
  auto options = client("");
  options.user = &check;
  auto server = test::server();
  server.priority = GetParam();
  test::Parties parties(options, server);

  parties.shake();

  ASSERT_EQ(parties.client.step, Step::Complete) << parties.client.detail();
  EXPECT_TRUE(check.asked.empty());
}

TEST_P(SessionUser, LetsNobodyInWhereNobodyCanBeAsked) {
  auto options = asking(ClientAuthType::SafCheck);
  options.user = nullptr;
  test::Parties parties(client(), options);

  parties.shake();

  ASSERT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.server.reason(), Reason::MapperUnavailable);
  EXPECT_EQ(parties.server->peer_subject(), "CN=client,O=Tests");
}

} // namespace
} // namespace ktls::tls
