// SPDX-License-Identifier: GPL-2.0-or-later
// TLS 1.2, and which version is taken.
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include "tls/parties.hpp"
#include "tls/session.hpp"

namespace ktls::tls {
namespace {

using test::asking_server;
using test::client;
using test::expect_complete;
using test::number;
using test::Options;
using test::Parties;
using test::server;
using test::set_nonblocking;
using test::with_tls12;
using Step = Session::Step;

TEST(Tls12, AuthenticatesBothEnds) {
  Parties parties(with_tls12(client("client")), with_tls12(asking_server()));

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(parties.client->protocol(), "TLS 1.2");
  EXPECT_TRUE(parties.client->peer_authenticated());
  EXPECT_TRUE(parties.server->peer_authenticated());
  EXPECT_EQ(parties.server->peer_subject(), "CN=client,O=Tests");
  EXPECT_EQ(number(parties.client->transmit_state()->sequence), 1U) << "its Finished";
  EXPECT_EQ(number(parties.server->receive_state()->sequence), 1U);
}

TEST(Tls12, SignsWithRsa) {
  Options here = with_tls12(client());
  Options there = with_tls12(server("server-rsa", "rsa"));
  here.priority = there.priority += ":-SIGN-ALL:+SIGN-RSA-SHA256";
  Parties parties(here, there);

  parties.shake();

  expect_complete(parties);
}

TEST(Tls12, RequiresAClientCertificate) {
  Parties parties(with_tls12(client()), with_tls12(asking_server()));

  parties.shake();

  EXPECT_EQ(parties.server.reason(), Reason::CertificateMissing);
}

TEST(Tls12, RequiresTheExtendedMasterSecretOfAClient) {
  Options old = with_tls12(client());
  old.priority += ":%NO_SESSION_HASH";
  Parties parties(old, with_tls12(server()));

  parties.shake();

  EXPECT_EQ(parties.server.reason(), Reason::ExtendedMasterSecretMissing);
  EXPECT_EQ(parties.client.reason(), Reason::AlertReceived);
  EXPECT_EQ(parties.client.detail(), gnutls_alert_get_name(GNUTLS_A_HANDSHAKE_FAILURE));
}

// A server of GnuTLS alone, as ours would refuse first.
TEST(Tls12, RequiresTheExtendedMasterSecretOfAServer) {
  const auto sockets = test::unix_pair();
  test::Party here(sockets.ours.get(), with_tls12(client()));
  gnutls_certificate_credentials_t credentials = nullptr;
  gnutls_session_t there = nullptr;
  ASSERT_EQ(gnutls_certificate_allocate_credentials(&credentials), 0);
  ASSERT_EQ(gnutls_certificate_set_x509_key_file(credentials, test::data_path("server.pem").c_str(),
                                                 test::data_path("leaf.key").c_str(),
                                                 GNUTLS_X509_FMT_PEM),
            0);
  ASSERT_EQ(gnutls_init(&there, GNUTLS_SERVER | GNUTLS_NONBLOCK), 0);
  ASSERT_EQ(
      gnutls_priority_set_direct(there, "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_SESSION_HASH", nullptr),
      0);
  ASSERT_EQ(gnutls_credentials_set(there, GNUTLS_CRD_CERTIFICATE, credentials), 0);
  set_nonblocking(there, sockets.peers.get());

  (void)here.advance();
  (void)gnutls_handshake(there);
  (void)here.advance();

  EXPECT_EQ(here.step, Step::Failed);
  EXPECT_EQ(here.reason(), Reason::ExtendedMasterSecretMissing) << here.detail();
  gnutls_deinit(there);
  gnutls_certificate_free_credentials(credentials);
}

TEST(Versions, TheNewestInCommonIsTaken) {
  Options both = client();
  both.priority = "-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
  Options there = server();
  there.priority = both.priority;
  Parties parties(both, there);
  Parties older(both, with_tls12(server()));

  parties.shake();
  older.shake();

  expect_complete(parties);
  expect_complete(older);
  EXPECT_EQ(parties.client->protocol(), "TLS 1.3");
  EXPECT_EQ(older.client->protocol(), "TLS 1.2");
}

} // namespace
} // namespace ktls::tls
