// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/session.hpp"

#include <gtest/gtest.h>

#include "tls/key_schedule.hpp"
#include "tls/parties.hpp"
#include "tls/priority.hpp"

namespace ktls::tls {
namespace {

using ipc::ClientAuthType;
using test::asking_server;
using test::client;
using test::expect_complete;
using test::Options;
using test::Parties;
using test::server;
using Step = Session::Step;
using ByteVector = std::vector<std::byte>;

ByteVector bytes(std::span<const std::byte> view) {
  return {view.begin(), view.end()};
}

void send_text(int socket, std::string_view text) {
  ASSERT_EQ(::send(socket, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
}
std::string receive_text(int socket) {
  std::array<char, 100> text{};
  const ssize_t got = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

// Moves one byte, if there is one.
void relay(int from, int to) {
  char byte = 0;
  if (::recv(from, &byte, 1, MSG_DONTWAIT) == 1)
    (void)::send(to, &byte, 1, 0);
}

std::string only(std::string_view suite) {
  PriorityRequest request;
  request.kernel_suites = {suite};
  return priority_for(request).value();
}

class EachSuite : public testing::TestWithParam<std::string_view> {};

TEST_P(EachSuite, GivesBothEndsTheSameKeys) {
  Options here = client();
  Options there = server();
  here.priority = there.priority = only(GetParam());
  Parties parties(here, there);

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(parties.client->cipher(), GetParam());
  EXPECT_EQ(parties.server->cipher(), GetParam());
  const auto sent = parties.client->transmit_state().value();
  const auto received = parties.server->receive_state().value();
  EXPECT_EQ(bytes(sent.key), bytes(received.key));
  EXPECT_EQ(bytes(sent.iv), bytes(received.iv));
  const auto answered = parties.server->transmit_state().value();
  const auto read = parties.client->receive_state().value();
  EXPECT_EQ(bytes(answered.key), bytes(read.key));
  EXPECT_EQ(bytes(answered.iv), bytes(read.iv));
  EXPECT_NE(bytes(sent.key), bytes(answered.key));
  EXPECT_EQ(sent.iv.size(), 12U);
}

TEST_P(EachSuite, StartsAtRecordZero) {
  Options here = client();
  here.priority = only(GetParam());
  Parties parties(here, server());
  const std::array<std::byte, 8> zero{};

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(parties.client->transmit_state()->sequence, zero);
  EXPECT_EQ(parties.client->receive_state()->sequence, zero);
  EXPECT_EQ(parties.server->transmit_state()->sequence, zero);
  EXPECT_EQ(parties.server->receive_state()->sequence, zero);
}

// Keys that come of them are those that are in use, at both ends.
TEST_P(EachSuite, KeepsTheSecretsOfItsKeys) {
  Options here = client();
  Options there = server();
  here.priority = there.priority = only(GetParam());
  here.keeps_secrets = there.keeps_secrets = true;
  Parties parties(here, there);

  parties.shake();

  expect_complete(parties);
  const auto ours = parties.client->traffic_secrets();
  const auto theirs = parties.server->traffic_secrets();
  EXPECT_EQ(bytes(ours.send), bytes(theirs.receive));
  EXPECT_EQ(bytes(ours.receive), bytes(theirs.send));
  EXPECT_NE(bytes(ours.send), bytes(ours.receive));
  for (const auto& [state, secret] :
       {std::pair(parties.client->transmit_state().value(), ours.send),
        std::pair(parties.client->receive_state().value(), ours.receive)}) {
    const auto key = write_key_of(secret, state.key.size(), state.iv.size());
    ASSERT_TRUE(key);
    EXPECT_EQ(bytes(key->key.bytes()), bytes(state.key));
    EXPECT_EQ(bytes(key->iv.bytes()), bytes(state.iv));
  }
}

INSTANTIATE_TEST_SUITE_P(Session, EachSuite,
                         testing::Values("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                         "TLS_AES_128_CCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"));

class EachKey : public testing::TestWithParam<const char*> {};

TEST_P(EachKey, Signs) {
  const std::string key = GetParam();
  Parties parties(client(), server("server-" + key, key));

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(parties.server.signer.asked, 1);
}

INSTANTIATE_TEST_SUITE_P(Session, EachKey,
                         testing::Values("p384", "p521", "ed25519", "ed448", "rsa", "rsa-pss"));

TEST(Session, KeepsNoSecretsThatNobodyWants) {
  Parties parties(client(), server());

  parties.shake();

  expect_complete(parties);
  EXPECT_TRUE(parties.client->traffic_secrets().send.empty());
  EXPECT_TRUE(parties.server->traffic_secrets().receive.empty());
}

TEST(Session, AuthenticatesTheServer) {
  Parties parties(client(), server());

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(parties.client->protocol(), "TLS 1.3");
  EXPECT_TRUE(parties.client->peer_authenticated());
  EXPECT_EQ(parties.client->peer_subject(), "CN=server");
  EXPECT_FALSE(parties.server->peer_authenticated());
  EXPECT_EQ(parties.server->peer_subject(), "");
}

TEST(Session, AuthenticatesBothEnds) {
  Parties parties(client("client"), asking_server());

  parties.shake();

  expect_complete(parties);
  EXPECT_TRUE(parties.server->peer_authenticated());
  EXPECT_EQ(parties.server->peer_subject(), "CN=client,O=Tests");
  EXPECT_TRUE(parties.client->peer_authenticated());
}

TEST(Session, AsksForNoCertificateInTheServerRole) {
  Parties parties(client("client"), server());

  parties.shake();

  expect_complete(parties);
  EXPECT_FALSE(parties.server->peer_authenticated());
  EXPECT_EQ(parties.client.signer.asked, 0);
}

TEST(Session, AdmitsAClientWithoutCertificateWhereItIsOptional) {
  Parties parties(client(), asking_server(ClientAuthType::Full));

  parties.shake();

  expect_complete(parties);
  EXPECT_FALSE(parties.server->peer_authenticated());
  EXPECT_EQ(parties.server->peer_subject(), "");
}

TEST(Session, AuthenticatesAClientWhoseCertificateIsOptional) {
  Parties parties(client("client"), asking_server(ClientAuthType::Full));

  parties.shake();

  expect_complete(parties);
  EXPECT_TRUE(parties.server->peer_authenticated());
}

TEST(Session, PresentsNoCertificateWhenAnonymous) {
  Options anonymous = client("client");
  anonymous.anonymous = true;
  Parties parties(anonymous, asking_server(ClientAuthType::Full));

  parties.shake();

  expect_complete(parties);
  EXPECT_FALSE(parties.server->peer_authenticated());
  EXPECT_EQ(parties.client.signer.asked, 0);
}

TEST(Session, ServerLeavesWhatFollowsTheHandshake) {
  Parties parties(client(), server());
  (void)parties.client.advance();
  (void)parties.server.advance();
  ASSERT_EQ(parties.client.advance(), Step::Complete);
  send_text(parties.sockets.ours.get(), "record one");

  ASSERT_EQ(parties.server.advance(), Step::Complete);

  EXPECT_EQ(receive_text(parties.sockets.peers.get()), "record one");
}

TEST(Session, ClientLeavesWhatFollowsTheHandshake) {
  Parties parties(client(), server());
  (void)parties.client.advance();
  (void)parties.server.advance();
  send_text(parties.sockets.peers.get(), "record one");

  ASSERT_EQ(parties.client.advance(), Step::Complete);

  EXPECT_EQ(receive_text(parties.sockets.ours.get()), "record one");
}

TEST(Session, SendsNothingBehindTheHandshake) {
  Parties parties(client("client"), asking_server());

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(receive_text(parties.sockets.ours.get()), "") << "such as a NewSessionTicket";
  EXPECT_EQ(receive_text(parties.sockets.peers.get()), "");
}

TEST(Session, GoesOnByteByByte) {
  const auto client_side = test::unix_pair();
  const auto server_side = test::unix_pair();
  test::Party here(client_side.ours.get(), client("client"));
  test::Party there(server_side.ours.get(), asking_server());

  for (int i = 0; i < 20'000 && !(here.over() && there.over()); ++i) {
    (void)here.advance();
    (void)there.advance();
    relay(client_side.peers.get(), server_side.peers.get());
    relay(server_side.peers.get(), client_side.peers.get());
  }

  EXPECT_EQ(here.step, Step::Complete) << here.detail();
  EXPECT_EQ(there.step, Step::Complete) << there.detail();
}

TEST(Session, WaitsForRoomInTheSendBuffer) {
  Parties parties(client(), server("large"));
  const int smallest = 1;
  ASSERT_EQ(
      ::setsockopt(parties.sockets.peers.get(), SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest),
      0);
  (void)parties.client.advance();

  EXPECT_EQ(parties.server.advance(), Step::WantWrite);
  EXPECT_EQ(parties.server.advance(), Step::WantWrite) << "nobody has read";

  parties.shake();
  expect_complete(parties);
}

TEST(Session, WaitsForThePeer) {
  Parties parties(client(), server());

  EXPECT_EQ(parties.server.advance(), Step::WantRead);
  EXPECT_EQ(parties.client.advance(), Step::WantRead);
  EXPECT_EQ(parties.client.advance(), Step::WantRead);
}

TEST(Session, RetriesWithAnotherGroup) {
  Options there = server();
  there.priority += ":-GROUP-ALL:+GROUP-SECP521R1";
  Parties parties(client(), there);

  parties.shake();

  expect_complete(parties);
  EXPECT_EQ(bytes(parties.client->transmit_state()->key),
            bytes(parties.server->receive_state()->key));
}

TEST(Session, WantsAServerNameInTheClientRole) {
  test::LocalSigner signer("leaf");
  const auto configuration = test::configuration_of(client());
  const auto inventory = test::inventory_of(configuration, signer);
  const auto context = Context::create(configuration.profiles.front(), *inventory, true).value();

  const auto session = Session::create(-1, {}, *context);

  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, std::errc::invalid_argument);
}

TEST(Session, HasHeardWhenTheFirstByteHasCome) {
  Parties parties(client(), server());
  (void)parties.server.advance();
  EXPECT_FALSE(parties.server->heard());

  send_text(parties.sockets.ours.get(), "\x16");
  (void)parties.server.advance();

  EXPECT_TRUE(parties.server->heard());
}

} // namespace
} // namespace ktls::tls
