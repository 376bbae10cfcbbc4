// SPDX-License-Identifier: GPL-2.0-or-later
// How a session fails, and what the peer is told.
#include <gnutls/crypto.h>
#include <gtest/gtest.h>

#include "base/fiber.hpp"
#include "tls/alerts.hpp"
#include "tls/parties.hpp"
#include "tls/session.hpp"

namespace ktls::tls {
namespace {

using test::asking_server;
using test::client;
using test::Options;
using test::Parties;
using test::server;
using Step = Session::Step;
using enum test::Alert;

const std::string content_alert = "\x15";

const char* name(int alert) {
  return gnutls_alert_get_name(static_cast<gnutls_alert_description_t>(alert));
}

void send_bytes(int socket, std::string_view bytes) {
  ASSERT_EQ(::send(socket, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
}
std::string receive_bytes(int socket) {
  std::string bytes(20'000, '\0');
  const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

// What a session alone makes of the bytes that its peer sends.
struct Alone {
  explicit Alone(const Options& options) : party(sockets.ours.get(), options) {}
  Reason reason_after(std::string_view bytes) {
    send_bytes(sockets.peers.get(), bytes);
    EXPECT_EQ(party.advance(), Step::Failed);
    return party.reason();
  }

  test::Pair sockets = test::unix_pair();
  test::Party party;
};

// The first record in `socket`, which `session` has the keys for; only TLS_AES_256_GCM_SHA384.
std::string decrypt_first_record(Session& session, int socket) {
  std::string record = receive_bytes(socket);
  const auto low_byte_of_size = static_cast<unsigned char>(record.substr(0, 5).back());
  record.resize(5U + low_byte_of_size);
  const auto keys = session.receive_state().value();
  gnutls_aead_cipher_hd_t cipher = nullptr;
  const auto datum = [](auto bytes) {
    return gnutls_datum_t{reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data())),
                          static_cast<unsigned>(bytes.size())};
  };
  const gnutls_datum_t key = datum(keys.key);
  EXPECT_EQ(gnutls_aead_cipher_init(&cipher, GNUTLS_CIPHER_AES_256_GCM, &key), 0);
  std::string content(record.size(), '\0');
  std::size_t size = content.size();
  // the nonce of record zero is the iv
  EXPECT_EQ(gnutls_aead_cipher_decrypt(cipher, keys.iv.data(), keys.iv.size(), record.data(), 5, 16,
                                       record.data() + 5, record.size() - 5, content.data(), &size),
            0);
  gnutls_aead_cipher_deinit(cipher);
  content.resize(size);
  return content;
}

TEST(SessionFailure, RequiresAClientCertificate) {
  Parties parties(client(), asking_server());

  parties.shake();

  EXPECT_EQ(parties.client.step, Step::Complete) << "a client does not wait for the verdict";
  EXPECT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.server.reason(), Reason::CertificateMissing);
  EXPECT_FALSE(parties.server->peer_authenticated());
  EXPECT_EQ(decrypt_first_record(*parties.client.operator->(), parties.sockets.ours.get()),
            "\x02\x74" + content_alert);
}

TEST(SessionFailure, RequiresACertificateOfAnAnonymousClient) {
  Options anonymous = client("client");
  anonymous.anonymous = true;
  Parties parties(anonymous, asking_server());

  parties.shake();

  EXPECT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.server.reason(), Reason::CertificateMissing);
}

TEST(SessionFailure, TellsAClientWhyItsCertificateWasRefused) {
  Parties parties(client("server"), asking_server());

  parties.shake();

  EXPECT_EQ(parties.server.reason(), Reason::CertificateWrongPurpose);
  EXPECT_EQ(decrypt_first_record(*parties.client.operator->(), parties.sockets.ours.get()),
            "\x02\x2b" + content_alert);
}

TEST(SessionFailure, TellsWhenItCannotSign) {
  Parties parties(client(), server());
  parties.server.signer.fails = true;

  parties.shake();

  EXPECT_EQ(parties.server.reason(), Reason::SignerUnavailable);
  EXPECT_EQ(parties.client.reason(), Reason::AlertReceived);
  EXPECT_EQ(parties.client.detail(), name(internal_error));
}

TEST(SessionFailure, TellsWhenAClientCannotSign) {
  Parties parties(client("client"), asking_server());
  parties.client.signer.fails = true;

  parties.shake();

  EXPECT_EQ(parties.client.reason(), Reason::SignerUnavailable);
  EXPECT_EQ(parties.server.reason(), Reason::AlertReceived);
  EXPECT_EQ(parties.server.detail(), name(internal_error));
}

TEST(SessionFailure, NoticesTwoClients) {
  const auto sockets = test::unix_pair();
  test::Party one(sockets.ours.get(), client());
  test::Party other(sockets.peers.get(), client());

  (void)one.advance();

  EXPECT_EQ(other.advance(), Step::Failed);
  EXPECT_EQ(other.reason(), Reason::RoleConflict);
  EXPECT_EQ(one.advance(), Step::Failed);
  EXPECT_EQ(one.reason(), Reason::RoleConflict);
}

TEST(SessionFailure, NoticesClearText) {
  using namespace std::string_literals;
  for (const auto& text :
       {"GET / HTTP/1.0\r\n\r\n"s, "220 mail.example.org ESMTP\r\n"s, "SSH-2.0-OpenSSH_9.2\r\n"s,
        "\x16\x02\x01\x00\x01\x01"s, "\x17\x03\x03\x00\x01\x01"s}) {
    EXPECT_EQ(Alone(server()).reason_after(text), Reason::PeerNotTls) << text;
    EXPECT_EQ(Alone(client()).reason_after(text), Reason::PeerNotTls) << text;
  }
}

// A peer that then waits for an answer would otherwise seem to be slow.
TEST(SessionFailure, NoticesClearTextAtItsFirstByte) {
  using namespace std::string_literals;
  for (const auto& text : {"G"s, "\x17\x03\x03\xff\xff"s}) {
    EXPECT_EQ(Alone(server()).reason_after(text), Reason::PeerNotTls) << text;
    EXPECT_EQ(Alone(client()).reason_after(text), Reason::PeerNotTls) << text;
  }
}

TEST(SessionFailure, NoticesGarbageBehindASoundHeader) {
  using namespace std::string_literals;
  const std::string hello_of_garbage = "\x00\x00\x1c"s + std::string(28, '\xa5');

  EXPECT_EQ(Alone(server()).reason_after("\x16\x03\x01\x00\x20\x01"s + hello_of_garbage),
            Reason::PeerProtocolError);
  EXPECT_EQ(Alone(client()).reason_after("\x16\x03\x03\x00\x20\x02"s + hello_of_garbage),
            Reason::PeerProtocolError);
  EXPECT_EQ(Alone(client()).reason_after("\x16\x03\x03\x00\x20\x14"s + hello_of_garbage),
            Reason::PeerProtocolError)
      << "a Finished";
  EXPECT_EQ(Alone(server()).reason_after("\x16\x03\x01\xff\xff\x01"s + hello_of_garbage),
            Reason::PeerProtocolError)
      << "a record that is too long";
}

// A message's length has 24 bits, and nobody needs as much.
TEST(SessionFailure, EndsAPeerThatSendsTooMuch) {
  using namespace std::string_literals;
  const std::string header = "\x16\x03\x01\x40\x00"s;
  const std::string first = header + "\x01\xff\xff\xff"s + std::string(16380, 'x');
  const std::string next = header + std::string(16384, 'x');
  Alone alone(server());
  send_bytes(alone.sockets.peers.get(), first);

  for (int i = 0; i < 10 && alone.party.advance() == Step::WantRead; ++i)
    send_bytes(alone.sockets.peers.get(), next);

  EXPECT_EQ(alone.party.advance(), Step::Failed);
  EXPECT_EQ(alone.party.reason(), Reason::PeerProtocolError);
}

TEST(SessionFailure, NamesTheAlertOfThePeer) {
  using namespace std::string_literals;
  Alone alone(client());

  EXPECT_EQ(alone.reason_after("\x15\x03\x03\x00\x02\x02\x28"s), Reason::AlertReceived);

  EXPECT_EQ(alone.party.detail(), name(handshake_failure));
}

TEST(SessionFailure, NamesAnUnknownAlert) {
  using namespace std::string_literals;
  Alone alone(client());

  EXPECT_EQ(alone.reason_after("\x15\x03\x03\x00\x02\x02\xc8"s), Reason::AlertReceived);

  EXPECT_EQ(alone.party.detail(), "unknown alert");
}

TEST(SessionFailure, EndsAtTheFirstWarningOfAFlood) {
  using namespace std::string_literals;
  std::string flood;
  for (int i = 0; i < 100; ++i)
    flood += "\x15\x03\x03\x00\x02\x01\x70"s;

  for (const auto& options : {client(), server()}) {
    Alone alone(options);

    EXPECT_EQ(alone.reason_after(flood), Reason::AlertReceived);

    EXPECT_EQ(alone.party.detail(), name(unrecognized_name));
  }
}

// The other of two servers, say, whose time is over first.
TEST(SessionFailure, NoticesThatThePeerCancels) {
  using namespace std::string_literals;
  for (const auto& options : {client(), server()}) {
    Alone alone(options);

    EXPECT_EQ(alone.reason_after("\x15\x03\x03\x00\x02\x01\x5a\x15\x03\x03\x00\x02\x01\x00"s),
              Reason::AlertReceived);

    EXPECT_EQ(alone.party.detail(), name(user_canceled));
  }
}

TEST(SessionFailure, NoticesThatThePeerClosed) {
  for (const auto& options : {client(), server()}) {
    Alone alone(options);
    ASSERT_EQ(::shutdown(alone.sockets.peers.get(), SHUT_WR), 0);

    EXPECT_EQ(alone.party.advance(), Step::Failed);
    EXPECT_EQ(alone.party.reason(), Reason::PeerClosed);
  }
}

TEST(SessionFailure, NoticesThatThePeerClosedInTheMiddle) {
  Parties parties(client(), server());
  (void)parties.client.advance();
  (void)parties.server.advance();

  ASSERT_EQ(::shutdown(parties.sockets.ours.get(), SHUT_WR), 0);

  EXPECT_EQ(parties.server.advance(), Step::Failed);
  EXPECT_EQ(parties.server.reason(), Reason::PeerClosed);
}

TEST(SessionFailure, NoticesAReset) {
  Alone alone(client());
  (void)alone.party.advance();

  alone.sockets.peers.reset(); // with the ClientHello unread

  EXPECT_EQ(alone.party.advance(), Step::Failed);
  EXPECT_EQ(alone.party.reason(), Reason::ConnectionReset);
}

TEST(SessionFailure, NoticesThatNobodyReceives) {
  Alone alone(client());
  alone.sockets.peers.reset();

  EXPECT_EQ(alone.party.advance(), Step::Failed);
  EXPECT_NE(alone.party.reason(), Reason::Success);
}

TEST(SessionFailure, FindsNoCommonVersion) {
  Options old = client();
  old.priority = "-VERS-ALL:+VERS-TLS1.2";
  Parties parties(old, server());

  parties.shake();

  EXPECT_EQ(parties.server.reason(), Reason::VersionUnsupported) << parties.server.detail();
  EXPECT_EQ(parties.client.reason(), Reason::AlertReceived);
  EXPECT_EQ(parties.client.detail(), name(protocol_version));
}

TEST(SessionFailure, FindsNoCommonVersionWithAnOldServer) {
  Options old = server();
  old.priority = "-VERS-ALL:+VERS-TLS1.2";
  Parties parties(client(), old);

  parties.shake();

  EXPECT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.client.step, Step::Failed);
}

TEST(SessionFailure, FindsNothingInCommon) {
  for (const char* others : {":-CIPHER-ALL:+CHACHA20-POLY1305", ":-GROUP-ALL:+GROUP-X25519",
                             ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256"}) {
    Options there = server();
    there.priority += ":-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-SECP256R1";
    Options here = client();
    here.priority += others;
    Parties parties(here, there);

    parties.shake();

    EXPECT_EQ(parties.server.reason(), Reason::NegotiationFailed)
        << others << ": " << parties.server.detail();
    EXPECT_EQ(parties.client.reason(), Reason::AlertReceived) << others;
  }
}

TEST(SessionFailure, FailsWithoutAServerCertificate) {
  Parties parties(client(), server(""));

  parties.shake();

  EXPECT_EQ(parties.server.step, Step::Failed);
  EXPECT_EQ(parties.client.reason(), Reason::AlertReceived);
}

TEST(Abort, TellsThePeerInClearWhileNothingIsEncrypted) {
  using namespace std::string_literals;
  Alone alone(client());
  (void)alone.party.advance();
  const std::string client_hello = receive_bytes(alone.sockets.peers.get());

  alone.party->abort(Reason::Cancelled);

  const std::string alert = receive_bytes(alone.sockets.peers.get());
  EXPECT_EQ(alert, "\x15\x03\x03\x00\x02\x01\x5a"s + "\x15\x03\x03\x00\x02\x01\x00"s)
      << "user_canceled, close_notify";
  EXPECT_EQ(alone.party.reason(), Reason::Cancelled);
}

TEST(Abort, TellsThePeerEncrypted) {
  Parties parties(client(), server());
  (void)parties.client.advance();
  (void)parties.server.advance();

  parties.server->abort(Reason::HandshakeTimeout);
  (void)parties.client.advance();

  EXPECT_EQ(parties.server.reason(), Reason::HandshakeTimeout);
  EXPECT_EQ(parties.client.step, Step::Complete) << "its part is done";
  EXPECT_EQ(decrypt_first_record(*parties.client.operator->(), parties.sockets.ours.get()),
            "\x01\x5a" + content_alert);
}

// A server whose signature is not there yet, on its fiber.
struct WaitsForSignature {
  WaitsForSignature() {
    parties.server.signer.before = [this] { (void)fiber.suspend(); };
    (void)parties.client.advance();
    EXPECT_TRUE(fiber.start([this] { (void)parties.server.advance(); }, [] {}));
    EXPECT_TRUE(fiber.suspended());
  }
  Parties parties{client(), server()};
  Fibers fibers;
  Fiber fiber{fibers};
};

TEST(Fiber, GoesOnWithTheSignature) {
  WaitsForSignature waits;

  waits.fiber.resume();
  waits.parties.shake();

  EXPECT_EQ(waits.parties.server.step, Step::Complete);
  EXPECT_EQ(waits.parties.client.step, Step::Complete);
}

TEST(Abort, TellsThePeerWhileTheSignatureIsWaitedFor) {
  WaitsForSignature waits;
  waits.parties.server.signer.fails = true;

  waits.parties.server->abort(Reason::HandshakeTimeout);
  waits.fiber.cancel();
  (void)waits.parties.client.advance();

  EXPECT_EQ(waits.parties.server.step, Step::Failed);
  EXPECT_EQ(waits.parties.server.reason(), Reason::HandshakeTimeout);
  EXPECT_EQ(waits.parties.client.reason(), Reason::AlertReceived);
  EXPECT_EQ(waits.parties.client.detail(), "User canceled");
}

TEST(Abort, CountsEvenWhenTheSignatureComes) {
  WaitsForSignature waits;

  waits.parties.server->abort(Reason::Cancelled);
  waits.fiber.resume();

  EXPECT_EQ(waits.parties.server.step, Step::Failed);
  EXPECT_EQ(waits.parties.server.reason(), Reason::Cancelled);
}

TEST(Abort, SendsNoAlertWhereTheReasonHasNone) {
  Alone alone(server());

  alone.party->abort(Reason::WorkerDied);

  EXPECT_EQ(receive_bytes(alone.sockets.peers.get()), "");
  EXPECT_EQ(alone.party.reason(), Reason::WorkerDied);
}

} // namespace
} // namespace ktls::tls
