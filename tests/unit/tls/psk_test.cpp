// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/psk.hpp"

#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include "tls/parties.hpp"
#include "tls/session.hpp"

namespace ktls::tls {
namespace {

using test::client;
using test::LocalPsk;
using test::Options;
using test::Parties;
using test::server;
using Step = Session::Step;

const std::string psk_key(32, 'k');

Options with(Options options, std::map<std::string, std::string> keys) {
  options.psk = LocalPsk(std::move(keys));
  options.certificates = {};
  return options;
}

TEST(PskHash, IsInTheIdentitiesOfNvme) {
  EXPECT_EQ(psk_hash("NVMe0R01 nqn.host nqn.subsystem"), PskHash::WithSha256);
  EXPECT_EQ(psk_hash("NVMe0R02 nqn.host nqn.subsystem"), PskHash::WithSha384);
  EXPECT_EQ(psk_hash("NVMe1G02 nqn.host nqn.subsystem digest"), PskHash::WithSha384);
}

TEST(PskHash, IsSha256ForAllOthers) {
  EXPECT_EQ(psk_hash(""), PskHash::WithSha256);
  EXPECT_EQ(psk_hash("NVMe0R0"), PskHash::WithSha256);
  EXPECT_EQ(psk_hash("NVMexR02 a"), PskHash::WithSha256);
  EXPECT_EQ(psk_hash("alice02 02"), PskHash::WithSha256);
}

TEST(PskSession, AuthenticatesBothEnds) {
  Parties parties(with(client(), {{"alice", psk_key}}),
                  with(server(), {{"alice", psk_key}, {"bob", psk_key}}));

  parties.shake();

  ASSERT_EQ(parties.client.step, Step::Complete) << parties.client.detail();
  ASSERT_EQ(parties.server.step, Step::Complete) << parties.server.detail();
  EXPECT_TRUE(parties.client->peer_authenticated());
  EXPECT_TRUE(parties.server->peer_authenticated());
  EXPECT_EQ(parties.client->psk_identity(), "alice");
  EXPECT_EQ(parties.server->psk_identity(), "alice");
  EXPECT_EQ(parties.server->peer_subject(), "");
  EXPECT_EQ(parties.client.psk.asked, 1);
  EXPECT_LE(parties.server.psk.asked, max_psk_lookups);
}

TEST(PskSession, TakesTheLongestIdentityOfNvme) {
  const std::string longest = "NVMe1R01 " + std::string(max_psk_identity - 9, 'n');
  Parties parties(with(client(), {{longest, psk_key}}), with(server(), {{longest, psk_key}}));

  parties.shake();

  ASSERT_EQ(parties.client.step, Step::Complete) << parties.client.detail();
  ASSERT_EQ(parties.server.step, Step::Complete) << parties.server.detail();
  EXPECT_EQ(parties.server->psk_identity(), longest);
}

TEST(PskSession, NeedsNoServerName) {
  Options nameless = with(client(), {{"alice", psk_key}});
  nameless.name = "";
  Parties parties(nameless, with(server(), {{"alice", psk_key}}));

  parties.shake();

  EXPECT_EQ(parties.client.step, Step::Complete) << parties.client.detail();
}

TEST(PskSession, RefusesAnUnknownIdentity) {
  Parties parties(with(client(), {{"mallory", psk_key}}), with(server(), {{"alice", psk_key}}));

  parties.shake();

  EXPECT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.server.reason(), Reason::PskUnknown);
  EXPECT_EQ(parties.client.reason(), Reason::AlertReceived);
  EXPECT_EQ(parties.client.detail(), gnutls_alert_get_name(GNUTLS_A_UNKNOWN_PSK_IDENTITY));
  EXPECT_FALSE(parties.server->peer_authenticated());
}

TEST(PskSession, RefusesAnotherKey) {
  Parties parties(with(client(), {{"alice", std::string(32, 'x')}}),
                  with(server(), {{"alice", psk_key}}));

  parties.shake();

  EXPECT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.server.reason(), Reason::PskMismatch) << parties.server.detail();
  EXPECT_EQ(parties.client.reason(), Reason::AlertReceived);
}

TEST(PskSession, WantsAKeyAsClient) {
  Parties parties(with(client(), {}), with(server(), {{"alice", psk_key}}));

  parties.shake();

  EXPECT_EQ(parties.client.step, Step::Failed);
  EXPECT_EQ(parties.client.reason(), Reason::PskMissing);
}

TEST(PskSession, HasNothingForAPeerWithCertificates) {
  Parties parties(client("client"), with(server(), {{"alice", psk_key}}));

  parties.shake();

  EXPECT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.client.step, Step::Failed);
  EXPECT_EQ(parties.server.psk.asked, 0);
}

TEST(PskSession, IsNotTakenByAServerWithCertificates) {
  Parties parties(with(client(), {{"alice", psk_key}}), server());

  parties.shake();

  EXPECT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.client.step, Step::Failed);
}

// RFC 8446, section 4.2.11: a key is bound to the hash of its suite.
TEST(PskSession, NeedsACipherWithTheHashOfItsKey) {
  auto only = with(client(), {{"alice", psk_key}});
  only.priority += ":-CIPHER-ALL:+AES-256-GCM";
  Parties parties(only, with(server(), {{"alice", psk_key}}));

  parties.shake();

  EXPECT_EQ(parties.client.step, Step::Failed);
  EXPECT_EQ(parties.server.step, Step::Failed);
}

TEST(PskSession, UsesSha384WhereGnutlsCan) {
  const std::string identity = "NVMe0R02 nqn.host nqn.subsystem";
  const std::string long_key(48, 'k');
  Parties parties(with(client(), {{identity, long_key}}), with(server(), {{identity, long_key}}));

  parties.shake();

  if (can_use_psk_with_sha384()) {
    EXPECT_EQ(parties.client->cipher(), "TLS_AES_256_GCM_SHA384");
    EXPECT_EQ(parties.server.psk.asked, 1);
  } else {
    EXPECT_EQ(parties.client.reason(), Reason::PskMissing);
    EXPECT_NE(parties.client.detail().find("SHA-384"), std::string::npos);
  }
}

} // namespace
} // namespace ktls::tls
