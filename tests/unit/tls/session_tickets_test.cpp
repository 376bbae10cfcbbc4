// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions that are resumed with a ticket.
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include "tls/parties.hpp"
#include "tls/session.hpp"

namespace ktls::tls {
namespace {

using ipc::ClientAuthType;
using test::client;
using test::expect_complete;
using test::number;
using test::Options;
using test::Parties;
using test::server;
using test::set_nonblocking;
using Step = Session::Step;

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
