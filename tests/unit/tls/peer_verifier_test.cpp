// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/peer_verifier.hpp"

#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include "tls/clock.hpp"
#include "tls/parties.hpp"

namespace ktls::tls {
namespace {

using ipc::ClientAuthType;
using test::asking_server;
using test::client;
using test::Options;
using test::Parties;
using test::server;
using Step = Session::Step;

struct NameCase {
  const char* certificate;
  const char* name;
  Reason expected;
};

class EachName : public testing::TestWithParam<NameCase> {};

TEST_P(EachName, IsJudged) {
  Options here = client();
  here.name = GetParam().name;
  Parties parties(here, server(GetParam().certificate));

  parties.shake();

  EXPECT_EQ(parties.client.step == Step::Complete, GetParam().expected == Reason::Success);
  EXPECT_EQ(parties.client->peer_authenticated(), GetParam().expected == Reason::Success);
  if (GetParam().expected != Reason::Success) {
    EXPECT_EQ(parties.client.reason(), GetParam().expected) << parties.client.detail();
  }
}

constexpr auto right = Reason::Success;
constexpr auto wrong = Reason::CertificateWrongName;
INSTANTIATE_TEST_SUITE_P(
    PeerVerifier, EachName,
    testing::Values(
        // DNS:server.test, DNS:*.wild.test, IP:192.0.2.1, IP:2001:db8::1
        NameCase{"server", "server.test", right}, NameCase{"server", "SERVER.Test", right},
        NameCase{"server", "server.test.", right}, NameCase{"server", "other.test", wrong},
        NameCase{"server", "server.test.other.test", wrong},
        NameCase{"server", "sub.server.test", wrong}, NameCase{"server", "test", wrong},
        NameCase{"server", "server", wrong}, // its common name
        NameCase{"server", "a.wild.test", right}, NameCase{"server", "a.b.wild.test", wrong},
        NameCase{"server", "wild.test", wrong}, NameCase{"server", "192.0.2.1", right},
        NameCase{"server", "192.0.2.2", wrong}, NameCase{"server", "2001:db8::1", right},
        NameCase{"server", "[2001:DB8:0:0:0:0:0:1]", right},
        NameCase{"server", "2001:db8::2", wrong}, NameCase{"server", "::ffff:192.0.2.1", wrong},
        NameCase{"common-name", "server.test", wrong},
        NameCase{"address-only", "server.test", wrong},
        NameCase{"address-only", "192.0.2.1", right},
        NameCase{"address-as-name", "192.0.2.9", wrong},
        NameCase{"address-as-name", "server.test", right}));

struct CertificateCase {
  const char* certificate;
  Reason reason;
  int alert; // RFC 8446, section 6
};

class EachCertificate : public testing::TestWithParam<CertificateCase> {};

TEST_P(EachCertificate, IsRefusedFromAServer) {
  Parties parties(client(), server(GetParam().certificate));

  parties.shake();

  EXPECT_EQ(parties.client.step, Step::Failed);
  EXPECT_EQ(parties.client.reason(), GetParam().reason) << parties.client.detail();
  EXPECT_FALSE(parties.client->peer_authenticated());
  EXPECT_EQ(parties.server.reason(), Reason::AlertReceived);
  const auto alert = static_cast<gnutls_alert_description_t>(GetParam().alert);
  EXPECT_EQ(parties.server.detail(), gnutls_alert_get_name(alert));
}

INSTANTIATE_TEST_SUITE_P(
    PeerVerifier, EachCertificate,
    testing::Values(CertificateCase{"untrusted", Reason::CertificateUntrusted, 48},
                    CertificateCase{"below-intermediate", Reason::CertificateUntrusted, 48},
                    CertificateCase{"expired", Reason::CertificateExpired, 45},
                    CertificateCase{"not-yet-valid", Reason::CertificateNotYetValid, 45},
                    CertificateCase{"client", Reason::CertificateWrongPurpose, 43},
                    CertificateCase{"sha1", Reason::CertificateInvalid, 42},
                    CertificateCase{"common-name", Reason::CertificateWrongName, 42}));

// All of this process has another time for as long as this lives.
struct TimeIs {
  explicit TimeIs(std::time_t time) {
    set_clock([time] { return Clock::from_time_t(time); });
  }
  TimeIs(const TimeIs&) = delete;
  TimeIs& operator=(const TimeIs&) = delete;
  ~TimeIs() { set_clock({}); }
};

TEST(PeerVerifier, JudgesByTheClockThatItWasGiven) {
  constexpr std::time_t year = 365L * 24 * 60 * 60;
  constexpr std::time_t in_2000 = 30 * year;
  constexpr std::time_t in_2200 = 231 * year;
  const auto verdict_at = [](std::time_t time) {
    const TimeIs clock(time);
    Parties parties(client(), server("server"));
    parties.shake();
    return parties.client.reason();
  };

  EXPECT_EQ(verdict_at(in_2000), Reason::CertificateNotYetValid);
  EXPECT_EQ(verdict_at(in_2200), Reason::CertificateExpired);
  Parties parties(client(), server("server"));
  parties.shake();
  EXPECT_EQ(parties.client.step, Step::Complete) << "the system's clock again";
}

Reason verdict_on_client(const char* certificate, ClientAuthType type) {
  Parties parties(client(certificate), asking_server(type));
  parties.shake();
  EXPECT_EQ(parties.server.step, Step::Failed);
  EXPECT_FALSE(parties.server->peer_authenticated());
  return parties.server.reason();
}

TEST(PeerVerifier, RefusesClients) {
  for (const auto type : {ClientAuthType::Required, ClientAuthType::Full}) {
    EXPECT_EQ(verdict_on_client("untrusted", type), Reason::CertificateUntrusted);
    EXPECT_EQ(verdict_on_client("expired", type), Reason::CertificateExpired);
    EXPECT_EQ(verdict_on_client("not-yet-valid", type), Reason::CertificateNotYetValid);
    EXPECT_EQ(verdict_on_client("server", type), Reason::CertificateWrongPurpose);
  }
}

TEST(PeerVerifier, NamesWhomItRefused) {
  Parties parties(client("untrusted"), asking_server());

  parties.shake();

  EXPECT_EQ(parties.server->peer_subject(), "CN=server");
  EXPECT_NE(parties.server.detail().find("issuer is unknown"), std::string::npos)
      << parties.server.detail();
}

TEST(PeerVerifier, SaysWhichNameWasAskedFor) {
  Options here = client();
  here.name = "other.test";
  Parties parties(here, server());

  parties.shake();

  EXPECT_EQ(parties.client.detail(), "asked for other.test");
}

TEST(PeerVerifier, EscapesTheSubject) {
  Parties parties(client("odd-subject"), asking_server());

  parties.shake();

  ASSERT_EQ(parties.server.step, Step::Complete) << parties.server.detail();
  const auto& subject = parties.server->peer_subject();
  EXPECT_EQ(subject.find('\n'), std::string::npos) << subject;
  EXPECT_NE(subject.find("forged"), std::string::npos) << subject;
}

TEST(PeerVerifier, FollowsAChain) {
  auto there = test::configuration_of(server("below-intermediate"));
  there.credentials.front().chain.push_back(test::certificates("intermediate").front());
  const auto sockets = test::unix_pair();
  test::Party here(sockets.ours.get(), client());
  test::Party other(sockets.peers.get(), server(), there);

  (void)here.advance();
  (void)other.advance();

  EXPECT_EQ(here.advance(), Step::Complete) << here.detail();
}

TEST(PeerVerifier, RefusesAForgedCertificate) {
  auto there = test::configuration_of(server());
  there.credentials.front().chain.front().back() ^= std::byte{1}; // in the signature
  const auto sockets = test::unix_pair();
  test::Party here(sockets.ours.get(), client());
  test::Party other(sockets.peers.get(), server(), there);

  (void)here.advance();
  (void)other.advance();

  EXPECT_EQ(here.advance(), Step::Failed);
  EXPECT_EQ(here.reason(), Reason::CertificateInvalid) << here.detail();
}

TEST(PeerVerifier, TrustsNobodyWithoutTrustAnchors) {
  auto here = test::configuration_of(client());
  here.trust_stores.front().anchors.clear();
  const auto sockets = test::unix_pair();
  test::Party trusting_none(sockets.ours.get(), client(), here);
  test::Party other(sockets.peers.get(), server());

  (void)trusting_none.advance();
  (void)other.advance();

  EXPECT_EQ(trusting_none.advance(), Step::Failed);
  EXPECT_EQ(trusting_none.reason(), Reason::CertificateUntrusted);
}

} // namespace
} // namespace ktls::tls
