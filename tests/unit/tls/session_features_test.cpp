// SPDX-License-Identifier: GPL-2.0-or-later
// What two ends agree on beyond a cipher: names, protocols, record sizes.
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include "tls/parties.hpp"
#include "tls/session.hpp"

namespace ktls::tls {
namespace {

using test::asking_server;
using test::client;
using test::expect_complete;
using test::Options;
using test::Parties;
using test::server;
using test::set_nonblocking;
using test::tls12;
using test::with_tls12;
using Step = Session::Step;

// Whether the name of a trust anchor of which the server has this many is in its first flight,
// which TLS 1.2 sends in clear text.
bool names_its_authority(std::size_t count) {
  const auto sockets = test::unix_pair();
  const Options there = with_tls12(asking_server());
  auto configuration = test::configuration_of(there);
  configuration.trust_stores.front().anchors.assign(count, test::certificates("other-ca").front());
  test::Party client(sockets.ours.get(), with_tls12(test::client()));
  test::Party server(sockets.peers.get(), there, configuration);
  (void)client.advance();
  (void)server.advance();
  std::string flight(20'000, '\0');
  const ssize_t size = ::recv(sockets.ours.get(), flight.data(), flight.size(), MSG_DONTWAIT);
  EXPECT_GT(size, 500);
  return flight.find("other-ca") != std::string::npos;
}

TEST(Session, NamesItsTrustAnchorsUnlessThereAreMany) {
  EXPECT_TRUE(names_its_authority(1));
  EXPECT_TRUE(names_its_authority(Inventory::max_named_authorities));
  EXPECT_FALSE(names_its_authority(Inventory::max_named_authorities + 1));
}

TEST(Alpn, IsTheServersChoice) {
  Options here = client();
  here.alpn = {"h2", "http/1.1"};
  Options there = server();
  there.alpn = {"http/1.1", "h2"};
  Parties parties(here, there);

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(parties.server->alpn(), "http/1.1");
  EXPECT_EQ(parties.client->alpn(), "http/1.1");
}

TEST(Alpn, IsNoneWhereOneSideHasNone) {
  Options speaks = client();
  speaks.alpn = {"imap"};
  Options asks = server();
  asks.alpn = {"imap"};
  Parties one(speaks, server());
  Parties other(client(), asks);

  one.shake();
  other.shake();

  expect_complete(one);
  expect_complete(other);
  EXPECT_EQ(one.client->alpn(), "");
  EXPECT_EQ(other.server->alpn(), "");
}

TEST(Alpn, FailsWithoutOneInCommon) {
  Options here = client();
  here.alpn = {"imap"};
  Options there = server();
  there.alpn = {"pop3"};
  Parties parties(here, there);

  parties.shake();

  EXPECT_EQ(parties.server.reason(), Reason::NoApplicationProtocol);
  EXPECT_EQ(parties.client.detail(), gnutls_alert_get_name(GNUTLS_A_NO_APPLICATION_PROTOCOL));
}

// "server" is for server.test and *.wild.test, "common-name" has no such names.
TEST(ServerName, SelectsTheCertificate) {
  Options there = server("common-name");
  there.certificates.emplace_back("server");
  for (const char* name : {"server.test", "any.wild.test"}) {
    Options here = client();
    here.name = name;
    Parties parties(here, there);

    parties.shake();

    expect_complete(parties);
    EXPECT_EQ(parties.client->peer_subject(), "CN=server") << name;
  }
}

TEST(ServerName, OfAnotherHostSelectsTheFirst) {
  Options here = client();
  here.name = "elsewhere.test";
  Options there = server("common-name");
  there.certificates.emplace_back("server");
  Parties parties(here, there);

  parties.shake();

  EXPECT_EQ(parties.client.reason(), Reason::CertificateWrongName);
  EXPECT_EQ(parties.client->peer_subject(), "CN=server.test");
}

TEST(Certificate, IsOneThatThePeerCanVerify) {
  Options here = client();
  here.priority += ":-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256";
  Options there = server("server-rsa");
  there.certificates.emplace_back("server");
  Parties parties(here, there);

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(parties.client->cipher(), parties.server->cipher());
}

TEST(RecordSize, OfOrdinaryPeersIsTheProtocolsOwn) {
  Parties parties(client(), server());

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(parties.client->record_size_limit(), 16'385);
  EXPECT_EQ(parties.server->record_size_limit(), 16'385);
}

// GnuTLS's own client, as ours cannot be told to ask for less.
Step shake_with_limit(std::size_t limit, const char* version, test::Party& server, int socket) {
  gnutls_session_t session = nullptr;
  gnutls_certificate_credentials_t credentials = nullptr;
  EXPECT_EQ(gnutls_certificate_allocate_credentials(&credentials), 0);
  EXPECT_EQ(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
  const std::string priority = std::string("NORMAL:") + version;
  EXPECT_EQ(gnutls_priority_set_direct(session, priority.c_str(), nullptr), 0);
  EXPECT_EQ(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), 0);
  EXPECT_EQ(gnutls_record_set_max_recv_size(session, limit), 0);
  set_nonblocking(session, socket);
  for (int i = 0; i < 10; ++i) {
    (void)gnutls_handshake(session);
    (void)server.advance();
  }
  gnutls_deinit(session);
  gnutls_certificate_free_credentials(credentials);
  return server.step;
}

TEST(RecordSize, OfAPeerThatWantsLessIsTold) {
  for (const char* version : {"-VERS-ALL:+VERS-TLS1.3", tls12}) {
    const auto sockets = test::unix_pair();
    Options there = server();
    there.priority = version;
    test::Party party(sockets.peers.get(), there);

    ASSERT_EQ(shake_with_limit(1000, version, party, sockets.ours.get()), Step::Complete);

    EXPECT_EQ(party->record_size_limit(), version == tls12 ? 1000 : 1001);
  }
}

TEST(RecordSize, ThatCouldNotBeKeptIsRefused) {
  const auto sockets = test::unix_pair();
  Options there = server();
  there.limits_records = false;
  test::Party party(sockets.peers.get(), there);

  EXPECT_EQ(shake_with_limit(1000, "-VERS-ALL:+VERS-TLS1.3", party, sockets.ours.get()),
            Step::Failed);

  EXPECT_EQ(party.reason(), Reason::RecordSizeUnsupported);
}

TEST(RecordSize, OfOrdinaryPeersNeedsNoKeeping) {
  Options here = client();
  here.limits_records = false;
  Parties as_client(here, server());
  Options there = server();
  there.limits_records = false;
  Parties as_server(client(), there);

  as_client.shake();
  as_server.shake();

  expect_complete(as_client);
  expect_complete(as_server);
}

} // namespace
} // namespace ktls::tls
