// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/worker_protocol.hpp"

#include <gtest/gtest.h>

#include <set>

#include "support/wire_checks.hpp"

namespace ktls::ipc {
namespace {

using test::decodes;
using test::decodes_with;
using test::expect_text_checked;

template<class Message>
Message good_worker_message() {
  return wire::make<Message>();
}
template<>
WorkerRefused good_worker_message() {
  auto message = wire::make<WorkerRefused>();
  EXPECT_TRUE(message.detail.assign("no memory"));
  return message;
}
template<>
StartHandshake good_worker_message() {
  auto message = wire::make<StartHandshake>();
  message.id = 7;
  message.sent_ns = 1;
  message.timeout_ms = 1500;
  message.first_byte_ms = 500;
  message.anonymous = 1;
  EXPECT_TRUE(message.peer_name.assign("db.example.org"));
  return message;
}
template<>
HandshakeFinished good_worker_message() {
  auto message = wire::make<HandshakeFinished>();
  message.id = 7;
  message.reason = static_cast<std::uint16_t>(Reason::InternalError);
  message.authenticated = 1;
  EXPECT_TRUE(message.protocol.assign("TLS 1.3"));
  EXPECT_TRUE(message.cipher.assign("TLS_AES_128_GCM_SHA256"));
  EXPECT_TRUE(message.group.assign("X25519MLKEM768"));
  EXPECT_TRUE(message.peer_subject.assign("CN=db.example.org"));
  EXPECT_TRUE(message.detail.assign("asked for another"));
  return message;
}

template<>
AttachSigner good_worker_message() {
  auto message = wire::make<AttachSigner>();
  message.key_id = 3;
  return message;
}
template<>
PskRequest good_worker_message() {
  auto message = wire::make<PskRequest>();
  message.id = 7;
  EXPECT_TRUE(message.identity.assign("alice"));
  return message;
}
template<>
PskReply good_worker_message() {
  auto message = wire::make<PskReply>();
  message.id = 7;
  message.size = 2;
  message.key[0] = 0x5e;
  EXPECT_TRUE(message.identity.assign("alice"));
  return message;
}
template<>
ChooseProfile good_worker_message() {
  auto message = wire::make<ChooseProfile>();
  message.timeout_ms = 1;
  return message;
}
template<>
TicketKey good_worker_message() {
  auto message = wire::make<TicketKey>();
  message.key.fill(0x5e);
  return message;
}

template<>
HandshakeStep good_worker_message() {
  auto message = wire::make<HandshakeStep>();
  message.id = 7;
  message.kind = StepKind::Verdict;
  EXPECT_TRUE(message.text.assign("success"));
  return message;
}

template<>
KeyLogEntry good_worker_message() {
  auto message = wire::make<KeyLogEntry>();
  message.id = 7;
  message.label = KeyLabel::ExporterSecret;
  message.size = 2;
  message.secret[0] = 0x5e;
  return message;
}

template<class Message>
class WorkerMessage : public testing::Test {};
using WorkerMessages =
    testing::Types<WorkerConfigure, WorkerReady, WorkerRefused, AttachSigner, StartHandshake,
                   CancelHandshake, PskRequest, PskReply, TicketKey, ServerName, ChooseProfile,
                   UserRequest, UserReply, HandshakeStep, KeyLogEntry, HandshakeFinished>;
TYPED_TEST_SUITE(WorkerMessage, WorkerMessages);

TYPED_TEST(WorkerMessage, RefusesEveryOtherSize) {
  test::expect_only_the_exact_size(good_worker_message<TypeParam>());
}

TYPED_TEST(WorkerMessage, RefusesAWrongHeader) {
  test::expect_header_checked(good_worker_message<TypeParam>());
}

TEST(WorkerProtocol, LayoutHasNoGaps) {
  EXPECT_EQ(sizeof(WorkerConfigure), 8U);
  EXPECT_EQ(sizeof(WorkerReady), 8U);
  EXPECT_EQ(sizeof(WorkerRefused), 8U + 512);
  EXPECT_EQ(sizeof(AttachSigner), 8U + 2 * 4);
  EXPECT_EQ(sizeof(StartHandshake), 8U + 2 * 8 + 8 * 4 + sizeof(SignPermit) + 256);
  EXPECT_EQ(sizeof(ServerName), 8U + 8 + 256);
  EXPECT_EQ(sizeof(ChooseProfile), 8U + 8 + 4 * 4 + sizeof(SignPermit));
  EXPECT_EQ(sizeof(UserRequest), 8U + 8 + 32 + 256 + 2 * 3584);
  EXPECT_EQ(sizeof(UserReply), 8U + 8 + 4 * 2);
  EXPECT_EQ(sizeof(HandshakeStep), 8U + 8 + 4 + 2 * 2 + 2048);
  EXPECT_EQ(sizeof(KeyLogEntry), 8U + 8 + 2 * 2 + 4 + 32 + 64);
  EXPECT_EQ(sizeof(CancelHandshake), 8U + 8);
  EXPECT_EQ(sizeof(PskRequest), 8U + 8 + 528);
  EXPECT_EQ(sizeof(PskReply), 8U + 8 + 2 * 4 + 528 + 64);
  EXPECT_EQ(sizeof(TicketKey), 8U + 64);
  EXPECT_EQ(sizeof(HandshakeFinished), 8U + 8 + 2 * 2 + 4 + 16 + 48 + 2 * 32 + 2 * 256 + 528 +
                                           2 * 1024 + 512 + 2 * 4 + 2 * 48);
}

template<class... Types>
std::set<std::uint16_t> types_of(testing::Types<Types...>) {
  return {Types::type...};
}

TEST(WorkerProtocol, HasATypeForEachMessage) {
  EXPECT_EQ(types_of(WorkerMessages()).size(), 16U);
}

TEST(ServerName, RefusesMalformedFields) {
  auto message = wire::make<ServerName>();
  message.name.assign_cut("db.example.org");

  EXPECT_TRUE(decodes(message));
  expect_text_checked(message, &ServerName::name);
}

TEST(ChooseProfile, RefusesMalformedFields) {
  const auto message = good_worker_message<ChooseProfile>();

  EXPECT_TRUE(decodes(message));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.asks_user = 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.asks_user = 2; }));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.timeout_ms = 600'000; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.timeout_ms = 600'001; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.timeout_ms = 0; }));
  EXPECT_TRUE(decodes_with(message, [](auto& m) {
    m.timeout_ms = 0; // it ends
    m.reason = 1;
  }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reason = reason_count; }));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.tells_steps = 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.tells_steps = 2; }));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.logs_keys = 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.logs_keys = 2; }));
}

TEST(HandshakeStep, RefusesMalformedFields) {
  const auto message = good_worker_message<HandshakeStep>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.kind = StepKind(0); }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.kind = StepKind(7); }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reserved = 1; }));
  expect_text_checked(message, &HandshakeStep::text);
}

TEST(KeyLogEntry, RefusesMalformedFields) {
  const auto message = good_worker_message<KeyLogEntry>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.label = KeyLabel(0); }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.label = KeyLabel(9); }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.size = 0; }));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.size = KeyLogEntry::max_secret; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.size = KeyLogEntry::max_secret + 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.secret[2] = 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reserved = 1; }));
}

TEST(UserReply, RefusesMalformedFields) {
  const auto message = wire::make<UserReply>();

  EXPECT_TRUE(decodes(message));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.reason = reason_count - 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reason = reason_count; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reserved[2] = 1; }));
}

TEST(StartHandshake, RefusesUnknownWaysToDecide) {
  EXPECT_TRUE(
      decodes_with(good_worker_message<StartHandshake>(), [](auto& m) { m.name_decides = 1; }));
  EXPECT_FALSE(
      decodes_with(good_worker_message<StartHandshake>(), [](auto& m) { m.name_decides = 2; }));
  EXPECT_TRUE(
      decodes_with(good_worker_message<StartHandshake>(), [](auto& m) { m.asks_user = 1; }));
  EXPECT_FALSE(
      decodes_with(good_worker_message<StartHandshake>(), [](auto& m) { m.asks_user = 2; }));
  EXPECT_TRUE(
      decodes_with(good_worker_message<StartHandshake>(), [](auto& m) { m.tells_steps = 1; }));
  EXPECT_FALSE(
      decodes_with(good_worker_message<StartHandshake>(), [](auto& m) { m.tells_steps = 2; }));
  EXPECT_FALSE(
      decodes_with(good_worker_message<StartHandshake>(), [](auto& m) { m.logs_keys = 2; }));
  EXPECT_TRUE(
      decodes_with(good_worker_message<StartHandshake>(), [](auto& m) { m.logs_keys = 1; }));
}

TEST(AttachSigner, RefusesWhatIsReserved) {
  EXPECT_FALSE(decodes_with(good_worker_message<AttachSigner>(), [](auto& m) { m.reserved = 1; }));
}

TEST(PskRequest, NeedsNoIdentity) {
  EXPECT_TRUE(decodes_with(good_worker_message<PskRequest>(), [](auto& m) { m.identity = {}; }));
  expect_text_checked(good_worker_message<PskRequest>(), &PskRequest::identity);
}

TEST(PskReply, HasAKeyOfAtMostItsRoom) {
  const auto message = good_worker_message<PskReply>();

  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.size = PskReply::max_key; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.size = PskReply::max_key + 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.size = 0xffffffff; }));
}

TEST(PskReply, HasNothingBehindItsKey) {
  const auto message = good_worker_message<PskReply>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.key[2] = 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.key.back() = 1; }));
}

TEST(PskReply, HasKeyAndIdentityOrNeither) {
  const auto message = good_worker_message<PskReply>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.identity = {}; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) {
    m.size = 0;
    m.key = {};
  }));
  EXPECT_TRUE(decodes(wire::make<PskReply>()));
}

TEST(PskReply, RefusesMalformedFields) {
  EXPECT_FALSE(decodes_with(good_worker_message<PskReply>(), [](auto& m) { m.reserved = 1; }));
  expect_text_checked(good_worker_message<PskReply>(), &PskReply::identity);
}

TEST(WorkerRefused, RefusesMalformedText) {
  expect_text_checked(good_worker_message<WorkerRefused>(), &WorkerRefused::detail);
}

TEST(StartHandshake, KeepsItsTimeLimit) {
  const auto message = good_worker_message<StartHandshake>();

  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.timeout_ms = 500; }));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.timeout_ms = 600'000; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.timeout_ms = 0; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.timeout_ms = 600'001; }));
}

TEST(StartHandshake, KnowsWhenItWasSent) {
  const auto message = good_worker_message<StartHandshake>();

  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.sent_ns = (std::uint64_t{1} << 62) - 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.sent_ns = 0; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.sent_ns = std::uint64_t{1} << 62; }));
}

TEST(StartHandshake, WantsTheFirstByteWithinItsTimeLimit) {
  const auto message = good_worker_message<StartHandshake>();

  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.first_byte_ms = 1; }));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.first_byte_ms = 1500; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.first_byte_ms = 0; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.first_byte_ms = 1501; }));
}

TEST(StartHandshake, RefusesMalformedFields) {
  const auto message = good_worker_message<StartHandshake>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.anonymous = 2; }));
  expect_text_checked(message, &StartHandshake::peer_name);
}

TEST(HandshakeFinished, TakesEveryReasonAndNoOther) {
  const auto message = good_worker_message<HandshakeFinished>();

  for (std::uint16_t reason = 0; reason < reason_count; ++reason)
    EXPECT_TRUE(decodes_with(message, [=](auto& m) { m.reason = reason; })) << reason;
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reason = reason_count; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reason = 0xffff; }));
}

TEST(HandshakeFinished, HasSecretsOfBothDirectionsOrNone) {
  auto message = good_worker_message<HandshakeFinished>();
  message.reason = 0;
  message.secrets.size = 32;
  message.secrets.send.fill(1);
  message.secrets.receive.fill(1);
  EXPECT_FALSE(decodes(message)) << "there is something behind 32 bytes";
  message.secrets.size = 48;
  EXPECT_TRUE(decodes(message));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reason = 1; })) << "of a failure";
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.secrets.size = 47; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.secrets.size = 49; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.secrets.reserved = 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.secrets.size = 0; }));
}

TEST(HandshakeFinished, RefusesMalformedFields) {
  const auto message = good_worker_message<HandshakeFinished>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.authenticated = 2; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.resumed = 2; }));
  expect_text_checked(message, &HandshakeFinished::protocol);
  expect_text_checked(message, &HandshakeFinished::cipher);
  expect_text_checked(message, &HandshakeFinished::alpn);
  expect_text_checked(message, &HandshakeFinished::psk_identity);
  expect_text_checked(message, &HandshakeFinished::peer_subject);
  expect_text_checked(message, &HandshakeFinished::detail);
}

} // namespace
} // namespace ktls::ipc
