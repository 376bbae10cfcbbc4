// SPDX-License-Identifier: GPL-2.0-or-later
// verify_peer() by settings of a profile, on sessions of GnuTLS.
#include <gtest/gtest.h>

#include "tls/certificate.hpp"
#include "tls/chain_verifier.hpp"
#include "tls/peer_verifier.hpp"
#include "tls/raw_handshake.hpp"

namespace ktls::tls {
namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;
using test::RawHandshake;

constexpr std::time_t in_2025 = 1'750'000'000;

class VerifyPeer : public testing::Test {
protected:
  Verdict on_server(const RawHandshake& handshake) {
    return verify_peer(handshake.client(), {HandshakeRole::Client, ClientAuthType::Required,
                                            verification, *trust, name, now});
  }
  Verdict on_client(const RawHandshake& handshake, ClientAuthType type) {
    return verify_peer(handshake.server(), {HandshakeRole::ServerWithClientAuth, type, verification,
                                            *trust, none, now});
  }

  std::shared_ptr<const TrustStore> trust =
      TrustStore::create({certificates_from_pem(test::data("ca.pem")).value(), {}}).value();
  ipc::Verification verification;
  std::optional<HostName> name = HostName::parse("server.test");
  std::optional<HostName> none;
  std::time_t now = in_2025;
};

TEST_F(VerifyPeer, AcceptsAServer) {
  const auto verdict = on_server(RawHandshake({}));

  EXPECT_EQ(verdict.reason, Reason::Success) << verdict.detail;
  EXPECT_TRUE(verdict.authenticated);
  EXPECT_EQ(verdict.subject, "CN=server");
  EXPECT_GT(verdict.expires, now);
}

TEST_F(VerifyPeer, FollowsTheChainOfAServer) {
  const auto alone = on_server(RawHandshake({.server = "below-intermediate"}));
  EXPECT_EQ(alone.reason, Reason::CertificateUntrusted);
  EXPECT_EQ(alone.detail, "CN=server: its issuer is unknown");

  const auto both =
      on_server(RawHandshake({.server = "below-intermediate", .behind = "intermediate"}));
  EXPECT_EQ(both.reason, Reason::Success) << both.detail;
}

TEST_F(VerifyPeer, DemandsTheNameOfAServer) {
  name = HostName::parse("other.test");
  EXPECT_EQ(on_server(RawHandshake({})).reason, Reason::CertificateWrongName);

  verification.proof = ipc::Proof::Chain;
  EXPECT_EQ(on_server(RawHandshake({})).reason, Reason::Success);
}

TEST_F(VerifyPeer, GoesByTheTimeThatItIsGiven) {
  now = 0;
  EXPECT_EQ(on_server(RawHandshake({})).reason, Reason::CertificateNotYetValid);
}

TEST_F(VerifyPeer, SeesTheStapleOfAServer) {
  verification.require_ocsp_staple = true;
  EXPECT_EQ(on_server(RawHandshake({})).reason, Reason::OcspStapleMissing);
  EXPECT_EQ(on_server(RawHandshake({.staple = "no response"})).reason, Reason::OcspStapleInvalid);
}

TEST_F(VerifyPeer, AcceptsAClient) {
  for (const auto type :
       {ClientAuthType::Full, ClientAuthType::Required, ClientAuthType::SafCheck}) {
    const auto verdict = on_client(RawHandshake({.client = "client"}), type);
    EXPECT_EQ(verdict.reason, Reason::Success) << verdict.detail;
    EXPECT_TRUE(verdict.authenticated);
    EXPECT_EQ(on_client(RawHandshake({.client = "untrusted"}), type).reason,
              Reason::CertificateUntrusted);
    EXPECT_EQ(on_client(RawHandshake({.client = "server"}), type).reason,
              Reason::CertificateWrongPurpose);
  }
}

TEST_F(VerifyPeer, PassesAClientThrough) {
  for (const auto* certificate : {"client", "untrusted", "expired", "server"}) {
    const auto verdict = on_client(RawHandshake({.client = certificate}), ClientAuthType::PassThru);
    EXPECT_EQ(verdict.reason, Reason::Success) << verdict.detail;
    EXPECT_FALSE(verdict.authenticated);
    EXPECT_FALSE(verdict.subject.empty());
  }
}

TEST_F(VerifyPeer, KnowsWhoMayDoWithoutACertificate) {
  const auto reason = [&](ClientAuthType type) {
    const auto verdict = on_client(RawHandshake({}), type);
    EXPECT_FALSE(verdict.authenticated);
    return verdict.reason;
  };

  EXPECT_EQ(reason(ClientAuthType::PassThru), Reason::Success);
  EXPECT_EQ(reason(ClientAuthType::Full), Reason::Success);
  EXPECT_EQ(reason(ClientAuthType::Required), Reason::CertificateMissing);
  EXPECT_EQ(reason(ClientAuthType::SafCheck), Reason::CertificateMissing);
}

} // namespace
} // namespace ktls::tls
