// SPDX-License-Identifier: GPL-2.0-or-later
// What a session makes of its peer's certificate, by the settings of its profile.
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include <functional>

#include "tls/alerts.hpp"
#include "tls/certificate.hpp"
#include "tls/parties.hpp"

namespace ktls::tls {
namespace {

using ipc::ClientAuthType;
using ipc::Proof;
using test::Options;
using test::versions;
using Step = Session::Step;
using enum test::Alert;

// Both ends, of which one judges the other as `change` has it.
struct Ends {
  using Change = std::function<void(ipc::Verification&)>;
  Ends(const Options& here, const Options& there, const Change& of_client = {},
       const Change& of_server = {})
      : client(sockets.ours.get(), here, changed(here, of_client)),
        server(sockets.peers.get(), there, changed(there, of_server)) {}
  Ends& shake() {
    for (int i = 0; i < 20; ++i) {
      (void)client.advance();
      (void)server.advance();
    }
    return *this;
  }
  [[nodiscard]] bool complete() const {
    return client.step == Step::Complete && server.step == Step::Complete;
  }
  static ipc::WorkerConfiguration changed(const Options& options, const Change& change) {
    auto out = test::configuration_of(options);
    if (change)
      change(out.profiles.front().verification);
    return out;
  }

  test::Pair sockets = test::unix_pair();
  test::Party client;
  test::Party server;
};

class VerifiedSession : public testing::TestWithParam<const char*> {
protected:
  static Options in_version(Options options) {
    options.priority = GetParam();
    return options;
  }
  static Options client(const std::string& certificate = {}) {
    return in_version(test::client(certificate));
  }
  static Options server(const std::string& certificate = "server") {
    return in_version(test::server(certificate));
  }
  static Options asking(ClientAuthType type) { return in_version(test::asking_server(type)); }
  static bool is_tls12() { return GetParam() == versions[0]; }
  // In TLS 1.3 a client's part is over when the server looks at its certificate.
  static void expect_told(test::Party& client, int alert) {
    if (!is_tls12())
      return;
    ASSERT_EQ(client.step, Step::Failed);
    EXPECT_EQ(client.reason(), Reason::AlertReceived);
    EXPECT_EQ(client.detail(),
              gnutls_alert_get_name(static_cast<gnutls_alert_description_t>(alert)));
  }
};

INSTANTIATE_TEST_SUITE_P(Session, VerifiedSession, testing::ValuesIn(versions),
                         [](const auto& test) { return test.index == 0 ? "Tls12" : "Tls13"; });

TEST_P(VerifiedSession, PassesACertificateThroughThatIsNoGood) {
  for (const auto* certificate : {"untrusted", "expired", "not-yet-valid", "server", "client"}) {
    Ends ends(client(certificate), asking(ClientAuthType::PassThru));

    ends.shake();

    EXPECT_TRUE(ends.complete()) << certificate << ": " << ends.server.detail();
    EXPECT_FALSE(ends.server->peer_authenticated()) << certificate;
    EXPECT_NE(ends.server->peer_subject(), "") << certificate;
  }
}

TEST_P(VerifiedSession, TellsWhosePassedThroughCertificateItIs) {
  Ends ends(client("client"), asking(ClientAuthType::PassThru));

  ends.shake();

  EXPECT_EQ(ends.server->peer_subject(), "CN=client,O=Tests");
}

TEST_P(VerifiedSession, PassesAClientThroughWithoutACertificate) {
  Ends ends(client(), asking(ClientAuthType::PassThru));

  ends.shake();

  EXPECT_TRUE(ends.complete()) << ends.server.detail();
  EXPECT_FALSE(ends.server->peer_authenticated());
  EXPECT_EQ(ends.server->peer_subject(), "");
}

// Not even one that is passed through may be somebody else's.
TEST_P(VerifiedSession, WantsTheKeyOfACertificateThatIsPassedThrough) {
  Ends ends(client("client"), asking(ClientAuthType::PassThru));
  ends.client.signer.spoils = true;

  ends.shake();

  EXPECT_EQ(ends.server.step, Step::Failed);
  EXPECT_FALSE(ends.server->peer_authenticated());
}

TEST_P(VerifiedSession, RefusesCertificatesThatAreNoGood) {
  const std::vector<std::pair<const char*, Reason>> bad{
      {"untrusted", Reason::CertificateUntrusted},
      {"expired", Reason::CertificateExpired},
      {"not-yet-valid", Reason::CertificateNotYetValid},
      {"server", Reason::CertificateWrongPurpose}};
  for (const auto type :
       {ClientAuthType::Full, ClientAuthType::Required, ClientAuthType::SafCheck}) {
    for (const auto& [certificate, reason] : bad) {
      Ends ends(client(certificate), asking(type));

      ends.shake();

      ASSERT_EQ(ends.server.step, Step::Failed) << certificate;
      EXPECT_EQ(ends.server.reason(), reason) << certificate;
      EXPECT_FALSE(ends.server->peer_authenticated()) << certificate;
    }
  }
}

TEST_P(VerifiedSession, WantsACertificateWhereItIsRequired) {
  for (const auto type : {ClientAuthType::Required, ClientAuthType::SafCheck}) {
    Ends ends(client(), asking(type));

    ends.shake();

    ASSERT_EQ(ends.server.step, Step::Failed);
    EXPECT_EQ(ends.server.reason(), Reason::CertificateMissing);
  }
}

// As client the setting says nothing.
TEST_P(VerifiedSession, NeedsNoUserOfAServersCertificate) {
  auto options = client();
  options.client_auth_type = ClientAuthType::SafCheck;
  Ends ends(options, server());

  ends.shake();

  EXPECT_TRUE(ends.complete()) << ends.client.detail();
}

TEST_P(VerifiedSession, BelievesAnyNameOfAChain) {
  auto options = client();
  options.name = "other.test";
  Ends by_name(options, server());
  Ends by_chain(options, server(), [](auto& of) { of.proof = Proof::Chain; });

  by_name.shake();
  by_chain.shake();

  EXPECT_EQ(by_name.client.reason(), Reason::CertificateWrongName);
  EXPECT_TRUE(by_chain.complete()) << by_chain.client.detail();
  EXPECT_TRUE(by_chain.client->peer_authenticated());
}

TEST_P(VerifiedSession, BelievesNoChainToAStranger) {
  Ends ends(client(), server("untrusted"), [](auto& of) { of.proof = Proof::Chain; });

  ends.shake();

  ASSERT_EQ(ends.client.step, Step::Failed);
  EXPECT_EQ(ends.client.reason(), Reason::CertificateUntrusted);
}

TEST_P(VerifiedSession, BelievesAnyCertificateOnDemand) {
  for (const auto* certificate : {"untrusted", "expired", "server"}) {
    auto options = client();
    options.name = "other.test";
    Ends ends(options, server(certificate), [](auto& of) {
      of.proof = Proof::Nothing;
      of.trust_store = ipc::no_trust_store;
    });

    ends.shake();

    EXPECT_TRUE(ends.complete()) << certificate << ": " << ends.client.detail();
    EXPECT_FALSE(ends.client->peer_authenticated()) << certificate;
    EXPECT_EQ(ends.client->peer_subject(), "CN=server");
  }
}

TEST_P(VerifiedSession, WantsTheKeyOfAnyCertificate) {
  Ends ends(client(), server(), [](auto& of) { of.proof = Proof::Nothing; });
  ends.server.signer.spoils = true;

  ends.shake();

  EXPECT_EQ(ends.client.step, Step::Failed);
}

ipc::SpkiHash key_of(const std::string& certificate) {
  return spki_sha256(test::certificates(certificate).front()).value();
}

TEST_P(VerifiedSession, HoldsTheServerToItsPins) {
  for (const auto proof : {Proof::Nothing, Proof::Chain, Proof::Name}) {
    Ends pinned(client(), server(), [&](auto& of) {
      of.proof = proof;
      of.pins = {key_of("server-rsa"), key_of("server")};
    });
    Ends other(client(), server(), [&](auto& of) {
      of.proof = proof;
      of.pins = {key_of("server-rsa")};
    });

    pinned.shake();
    other.shake();

    EXPECT_TRUE(pinned.complete()) << pinned.client.detail();
    EXPECT_EQ(pinned.client->peer_authenticated(), proof != Proof::Nothing);
    ASSERT_EQ(other.client.step, Step::Failed);
    EXPECT_EQ(other.client.reason(), Reason::CertificatePinMismatch);
    EXPECT_FALSE(other.client->peer_authenticated());
  }
}

TEST_P(VerifiedSession, TakesThePinOfAnAuthorityOnlyInAVerifiedChain) {
  const auto pin = [](Proof proof) {
    return [proof](ipc::Verification& of) {
      of.proof = proof;
      of.pins = {key_of("ca")};
    };
  };
  Ends verified(client(), server(), pin(Proof::Name));
  Ends any(client(), server(), pin(Proof::Nothing));

  verified.shake();
  any.shake();

  EXPECT_TRUE(verified.complete()) << verified.client.detail();
  ASSERT_EQ(any.client.step, Step::Failed);
  EXPECT_EQ(any.client.reason(), Reason::CertificatePinMismatch);
}

TEST_P(VerifiedSession, HoldsTheClientToItsPins) {
  Ends pinned(client("client"), asking(ClientAuthType::Required), {},
              [](auto& of) { of.pins = {key_of("client")}; });
  Ends other(client("client"), asking(ClientAuthType::Required), {},
             [](auto& of) { of.pins = {key_of("server-rsa")}; });

  pinned.shake();
  other.shake();

  EXPECT_TRUE(pinned.complete()) << pinned.server.detail();
  EXPECT_TRUE(pinned.server->peer_authenticated());
  ASSERT_EQ(other.server.step, Step::Failed);
  EXPECT_EQ(other.server.reason(), Reason::CertificatePinMismatch);
}

TEST_P(VerifiedSession, WantsKeysThatAreLongEnough) {
  Ends ends(client(), server(), [](auto& of) { of.min_ec_bits = 384; });

  ends.shake();

  ASSERT_EQ(ends.client.step, Step::Failed);
  EXPECT_NE(ends.client.reason(), Reason::InternalError);
  EXPECT_FALSE(ends.client->peer_authenticated());
}

TEST_P(VerifiedSession, WantsAStapleOnDemand) {
  Ends ends(client(), server(), [](auto& of) { of.require_ocsp_staple = true; });

  ends.shake();

  ASSERT_EQ(ends.client.step, Step::Failed);
  EXPECT_EQ(ends.client.reason(), Reason::OcspStapleMissing);
}

TEST_P(VerifiedSession, TellsAClientWhyItIsRefused) {
  Ends ends(client("untrusted"), asking(ClientAuthType::Required));

  ends.shake();

  expect_told(ends.client, unknown_ca);
}

} // namespace
} // namespace ktls::tls
