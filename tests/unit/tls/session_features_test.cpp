// SPDX-License-Identifier: GPL-2.0-or-later
// What two ends agree on beyond a cipher: versions, names, protocols, record sizes, tickets.
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include "tls/parties.hpp"
#include "tls/session.hpp"

namespace ktls::tls {
namespace {

using ipc::ClientAuthType;
using test::asking_server;
using test::client;
using test::Options;
using test::Parties;
using test::server;
using Step = Session::Step;

constexpr const char* tls12 = "-VERS-ALL:+VERS-TLS1.2";

Options with_tls12(Options options) {
  options.priority = tls12;
  return options;
}

void expect_complete(const Parties& parties) {
  ASSERT_EQ(parties.client.step, Step::Complete) << parties.client.detail();
  ASSERT_EQ(parties.server.step, Step::Complete) << parties.server.detail();
}

std::uint64_t number(const std::array<std::byte, 8>& sequence) {
  std::uint64_t value = 0;
  for (const std::byte byte : sequence)
    value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

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

void set_nonblocking(gnutls_session_t session, int socket) {
  ASSERT_EQ(::fcntl(socket, F_SETFL, O_NONBLOCK), 0);
  gnutls_transport_set_int(session, socket);
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

Options ticketing(Options options) {
  options.tickets = true;
  options.ticket_key = std::string(ticket_key_size, 't');
  return options;
}

TEST(Tickets, AreSentBeforeTheKeysAreTaken) {
  Parties parties(client(), ticketing(server()));

  parties.shake();

  expect_complete(parties);
  EXPECT_GT(parties.server->tickets_sent(), 0U);
  EXPECT_EQ(number(parties.server->transmit_state()->sequence), parties.server->tickets_sent());
}

TEST(Tickets, AreNotSentWithoutAKey) {
  Options there = server();
  there.tickets = true;
  Parties parties(client(), there);

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(parties.server->tickets_sent(), 0U);
}

// A client of GnuTLS alone, which can resume; ours does not ask for tickets.
class Resumer {
public:
  Resumer(const std::string& certificate, const std::string& key) {
    EXPECT_EQ(gnutls_certificate_allocate_credentials(&credentials_), 0);
    if (certificate.empty())
      return;
    EXPECT_EQ(gnutls_certificate_set_x509_key_file(
                  credentials_, test::data_path(certificate + ".pem").c_str(),
                  test::data_path(key + ".key").c_str(), GNUTLS_X509_FMT_PEM),
              0);
  }
  Resumer(const Resumer&) = delete;
  Resumer& operator=(const Resumer&) = delete;
  ~Resumer() {
    gnutls_free(session_data_.data);
    gnutls_certificate_free_credentials(credentials_);
  }
  // One connection to `server`, resuming what the last one left. True when it was resumed.
  bool connect(test::Party& server, const test::Pair& sockets) {
    gnutls_session_t session = nullptr;
    EXPECT_EQ(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
    EXPECT_EQ(gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", nullptr), 0);
    EXPECT_EQ(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_), 0);
    if (session_data_.size > 0)
      (void)gnutls_session_set_data(session, session_data_.data, session_data_.size);
    set_nonblocking(session, sockets.ours.get());
    for (int i = 0; i < 10 && gnutls_handshake(session) != 0; ++i)
      (void)server.advance();
    (void)server.advance();
    std::array<char, 16> nothing{};
    while (gnutls_record_recv(session, nothing.data(), nothing.size()) == GNUTLS_E_INTERRUPTED) {
    } // takes up the tickets
    const bool resumed = gnutls_session_is_resumed(session) != 0;
    gnutls_free(session_data_.data);
    session_data_ = {};
    (void)gnutls_session_get_data2(session, &session_data_);
    gnutls_deinit(session);
    return resumed;
  }

private:
  gnutls_certificate_credentials_t credentials_ = nullptr;
  gnutls_datum_t session_data_{};
};

TEST(Tickets, LetAClientResume) {
  const auto first = test::unix_pair();
  const auto second = test::unix_pair();
  test::Party server(first.peers.get(), ticketing(test::asking_server()));
  Resumer resumer("client", "leaf");

  EXPECT_FALSE(resumer.connect(server, first));
  ASSERT_EQ(server.step, Step::Complete) << server.detail();
  server.again(second.peers.get());
  EXPECT_TRUE(resumer.connect(server, second));

  ASSERT_EQ(server.step, Step::Complete) << server.detail();
  EXPECT_TRUE(server->resumed());
  EXPECT_TRUE(server->peer_authenticated()) << "the certificate was judged again";
  EXPECT_EQ(server->peer_subject(), "CN=client,O=Tests");
}

TEST(Tickets, DoNotHelpAClientThatIsNotTrustedAnyMore) {
  const auto first = test::unix_pair();
  const auto second = test::unix_pair();
  test::Party before(first.peers.get(), ticketing(test::asking_server()));
  Options changed = ticketing(test::asking_server());
  changed.trust = "other-ca";
  test::Party after(second.peers.get(), changed);
  Resumer resumer("client", "leaf");

  (void)resumer.connect(before, first);
  ASSERT_EQ(before.step, Step::Complete) << before.detail();
  (void)resumer.connect(after, second);

  EXPECT_EQ(after.step, Step::Failed);
  EXPECT_EQ(after.reason(), Reason::CertificateUntrusted) << after.detail();
  EXPECT_FALSE(after->peer_authenticated());
}

TEST(Tickets, OfAClientWithoutCertificateDoNotServeWhereOneIsRequired) {
  const auto first = test::unix_pair();
  const auto second = test::unix_pair();
  test::Party lax(first.peers.get(), ticketing(test::asking_server(ClientAuthType::Full)));
  test::Party strict(second.peers.get(), ticketing(test::asking_server()));
  Resumer resumer("", "");

  (void)resumer.connect(lax, first);
  ASSERT_EQ(lax.step, Step::Complete) << lax.detail();
  (void)resumer.connect(strict, second);

  EXPECT_EQ(strict.step, Step::Failed);
  EXPECT_EQ(strict.reason(), Reason::CertificateMissing) << strict.detail();
}

TEST(Tickets, UnderAnotherKeyLeadToAFullHandshake) {
  const auto first = test::unix_pair();
  const auto second = test::unix_pair();
  test::Party before(first.peers.get(), ticketing(test::asking_server()));
  Options rotated = ticketing(test::asking_server());
  rotated.ticket_key = std::string(ticket_key_size, 'u');
  test::Party after(second.peers.get(), rotated);
  Resumer resumer("client", "leaf");

  (void)resumer.connect(before, first);
  EXPECT_FALSE(resumer.connect(after, second));

  EXPECT_EQ(after.step, Step::Complete) << after.detail();
  EXPECT_TRUE(after->peer_authenticated());
}

} // namespace
} // namespace ktls::tls
