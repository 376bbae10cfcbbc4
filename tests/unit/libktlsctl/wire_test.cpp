// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include <algorithm>
#include <string>
#include <vector>

namespace ktls::wire {
namespace {

StartRequest good_request() {
  auto request = make<StartRequest>();
  request.role = Role::Client;
  request.timeout_ms = 1500;
  EXPECT_TRUE(request.peer_name.assign("db.example.org"));
  return request;
}

StartReply good_reply() {
  auto reply = make<StartReply>();
  EXPECT_TRUE(reply.reason.assign("success"));
  EXPECT_TRUE(reply.protocol.assign("TLS 1.3"));
  EXPECT_TRUE(reply.cipher.assign("TLS_AES_128_GCM_SHA256"));
  EXPECT_TRUE(reply.peer_subject.assign("CN=db.example.org"));
  EXPECT_TRUE(reply.message.assign("done"));
  return reply;
}

template<class Message>
bool decodes(const Message& message) {
  Message decoded;
  return decode(&message, sizeof message, decoded);
}

template<class Message>
void expect_only_the_exact_size(const Message& message) {
  std::vector<char> bytes(sizeof message + 1);
  std::memcpy(bytes.data(), &message, sizeof message);
  Message decoded;
  for (std::size_t size = 0; size <= bytes.size(); ++size)
    EXPECT_EQ(decode(bytes.data(), size, decoded), size == sizeof message) << size;
}

template<class Message>
void expect_header_checked(const Message& good) {
  Message message = good;
  message.header.version = version + 1;
  EXPECT_FALSE(decodes(message));

  message = good;
  message.header.version = 0;
  EXPECT_FALSE(decodes(message));

  message = good;
  message.header.type = Message::type + 1;
  EXPECT_FALSE(decodes(message));

  message = good;
  message.header.size = sizeof message - 1;
  EXPECT_FALSE(decodes(message));

  message = good;
  message.header.size = sizeof message + 1;
  EXPECT_FALSE(decodes(message));
}

template<class Message, std::size_t N>
void expect_text_checked(const Message& good, Text<N> Message::*text) {
  Message message = good;
  std::fill(std::begin((message.*text).bytes), std::end((message.*text).bytes), 'x');
  EXPECT_FALSE(decodes(message)) << "unterminated";

  (message.*text).bytes[N - 1] = '\0';
  EXPECT_TRUE(decodes(message)) << "the longest";

  message = good;
  (message.*text).bytes[N - 1] = 'x';
  EXPECT_FALSE(decodes(message)) << "a byte behind the NUL";
}

TEST(Wire, LayoutIsFixed) {
  EXPECT_EQ(sizeof(Header), 8U);
  EXPECT_EQ(sizeof(StartRequest), 8U + 4 * 4 + 256);
  EXPECT_EQ(sizeof(PeerCertificate), 8U + 8 + 2 * 4 + 8000);
  EXPECT_EQ(sizeof(StartReply), 8U + 6 * 4 + 32 + 16 + 48 + 256 + 2 * 72 + 3 * 264 + 1024 + 512);
  EXPECT_EQ(offsetof(StartRequest, role), 8U);
  EXPECT_EQ(offsetof(StartReply, error), 8U);
}

TEST(Wire, MakeFillsInTheHeaderAndZeroes) {
  const auto request = make<StartRequest>();

  EXPECT_EQ(request.header.version, 1);
  EXPECT_EQ(request.header.type, 1);
  EXPECT_EQ(request.header.size, sizeof request);
  EXPECT_EQ(request.timeout_ms, 0U);
  EXPECT_TRUE(request.peer_name.view().empty());
}

TEST(StartRequest, Decodes) {
  const StartRequest request = good_request();
  StartRequest decoded;

  ASSERT_TRUE(decode(&request, sizeof request, decoded));

  EXPECT_EQ(decoded.role, Role::Client);
  EXPECT_EQ(decoded.timeout_ms, 1500U);
  EXPECT_EQ(decoded.peer_name.view(), "db.example.org");
}

TEST(StartRequest, RefusesEveryOtherSize) {
  expect_only_the_exact_size(good_request());
}
TEST(StartRequest, RefusesAWrongHeader) {
  expect_header_checked(good_request());
}
TEST(StartRequest, RefusesMalformedText) {
  expect_text_checked(good_request(), &StartRequest::peer_name);
}

TEST(StartRequest, RefusesUnknownRoles) {
  for (const std::uint32_t role : {3U, 999U, 0xffffffffU}) {
    StartRequest request = good_request();
    request.role = static_cast<Role>(role);
    EXPECT_FALSE(decodes(request)) << role;
  }
}

TEST(StartRequest, RefusesUnknownFlags) {
  StartRequest request = good_request();
  request.flags = StartRequest::wants_certificates;
  EXPECT_TRUE(decodes(request));
  request.flags = StartRequest::wants_certificates | StartRequest::wants_user;
  EXPECT_TRUE(decodes(request));
  request.flags = 4;
  EXPECT_FALSE(decodes(request));
}

TEST(PeerCertificate, RefusesMalformedFields) {
  auto message = make<PeerCertificate>();
  EXPECT_FALSE(decodes(message)) << "an empty one";
  message.size = 1;
  message.der[0] = 0x30;
  EXPECT_TRUE(decodes(message));
  message.der[1] = 1;
  EXPECT_FALSE(decodes(message)) << "a byte behind its end";
  message.size = PeerCertificate::max_size;
  EXPECT_TRUE(decodes(message));
  ++message.size;
  EXPECT_FALSE(decodes(message));
}

// A user goes with a peer that was validated, and with all that is known of it.
TEST(StartReply, HasAWholeUserOrNone) {
  auto message = make<StartReply>();
  EXPECT_TRUE(message.reason.assign("success"));
  message.authenticated = 1;
  EXPECT_TRUE(decodes(message));
  message.user_strength = 2;
  EXPECT_FALSE(decodes(message)) << "without a name";
  EXPECT_TRUE(message.user.assign("alice"));
  EXPECT_TRUE(message.user_source.assign("pin"));
  message.uid = 1000;
  EXPECT_TRUE(decodes(message));
  expect_text_checked(message, &StartReply::user_source);
  expect_text_checked(message, &StartReply::user_rule);

  auto bad = message;
  bad.user_strength = 3;
  EXPECT_FALSE(decodes(bad));
  bad = message;
  bad.user_strength = 0;
  EXPECT_FALSE(decodes(bad)) << "a name without a strength";
  bad = message;
  bad.authenticated = 0;
  EXPECT_FALSE(decodes(bad)) << "of a peer that nobody validated";
  bad = message;
  bad.error = 13;
  EXPECT_TRUE(bad.reason.assign("user-revoked"));
  EXPECT_FALSE(decodes(bad)) << "of a handshake that failed";
  bad = make<StartReply>();
  EXPECT_TRUE(bad.reason.assign("success"));
  bad.uid = 1;
  EXPECT_FALSE(decodes(bad)) << "a number of nobody";
}

TEST(StartRequest, RefusesATimeLimitAboveTheMaximum) {
  StartRequest request = good_request();
  request.timeout_ms = max_timeout_ms;
  EXPECT_TRUE(decodes(request));

  request.timeout_ms = max_timeout_ms + 1;
  EXPECT_FALSE(decodes(request));
}

TEST(StartReply, Decodes) {
  const StartReply reply = good_reply();
  StartReply decoded;

  ASSERT_TRUE(decode(&reply, sizeof reply, decoded));

  EXPECT_EQ(decoded.error, 0U);
  EXPECT_EQ(decoded.reason.view(), "success");
  EXPECT_EQ(decoded.protocol.view(), "TLS 1.3");
  EXPECT_EQ(decoded.cipher.view(), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(decoded.peer_subject.view(), "CN=db.example.org");
  EXPECT_EQ(decoded.message.view(), "done");
}

TEST(StartReply, RefusesEveryOtherSize) {
  expect_only_the_exact_size(good_reply());
}
TEST(StartReply, RefusesAWrongHeader) {
  expect_header_checked(good_reply());
}
TEST(StartReply, RefusesMalformedText) {
  auto failed = good_reply();
  failed.error = EIO;
  expect_text_checked(failed, &StartReply::reason);
  expect_text_checked(good_reply(), &StartReply::protocol);
  expect_text_checked(good_reply(), &StartReply::cipher);
  expect_text_checked(good_reply(), &StartReply::peer_subject);
  expect_text_checked(good_reply(), &StartReply::message);
}

TEST(StartReply, HasNoErrorExactlyWithSuccess) {
  auto success_with_error = good_reply();
  success_with_error.error = EIO;
  auto failure_without_error = good_reply();
  ASSERT_TRUE(failure_without_error.reason.assign("busy"));
  auto no_reason = good_reply();
  no_reason.error = EIO;
  ASSERT_TRUE(no_reason.reason.assign(""));
  auto error_too_large = good_reply();
  error_too_large.error = 4096;
  ASSERT_TRUE(error_too_large.reason.assign("busy"));

  EXPECT_FALSE(success_with_error.valid());
  EXPECT_FALSE(failure_without_error.valid());
  EXPECT_FALSE(no_reason.valid());
  EXPECT_FALSE(error_too_large.valid());
}

TEST(StartRequest, RefusesAPeerNameForAServer) {
  auto request = good_request();
  request.role = Role::Server;

  EXPECT_FALSE(request.valid());
}

TEST(Decode, LeavesTheMessageAloneWhenItRefuses) {
  StartRequest bad = good_request();
  bad.header.version = 7;
  StartRequest decoded = good_request();

  EXPECT_FALSE(decode(&bad, sizeof bad, decoded));

  EXPECT_EQ(decoded.header.version, version);
}

TEST(Text, TakesWhatFits) {
  Text<8> text{};

  EXPECT_TRUE(text.assign("1234567"));
  EXPECT_EQ(text.view(), "1234567");
  EXPECT_TRUE(text.assign("a"));
  EXPECT_EQ(text.view(), "a");
  EXPECT_TRUE(text.valid());
}

TEST(Text, RefusesWhatDoesNotFitOrHoldsNul) {
  Text<8> text{};
  ASSERT_TRUE(text.assign("old"));

  EXPECT_FALSE(text.assign("12345678"));
  EXPECT_FALSE(text.assign(std::string_view("a\0b", 3)));
  EXPECT_EQ(text.view(), "old");
}

TEST(Text, CutsWhatOnlyInforms) {
  Text<8> text{};

  text.assign_cut("123456789");

  EXPECT_EQ(text.view(), "1234567");
}

TEST(RekeyRequest, HasOneOfTheSteps) {
  auto request = make<RekeyRequest>();
  for (const auto step : {RekeyStep::Prepare, RekeyStep::Send, RekeyStep::Receive}) {
    request.step = step;
    EXPECT_TRUE(decodes(request));
  }
  expect_only_the_exact_size(request);
  expect_header_checked(request);
  request.step = RekeyStep{3};
  EXPECT_FALSE(decodes(request));
  request = make<RekeyRequest>();
  request.reserved = 1;
  EXPECT_FALSE(decodes(request));
}

TEST(ControlRequest, IsAHeader) {
  expect_only_the_exact_size(make<ControlRequest>());
  expect_header_checked(make<ControlRequest>());
}

TEST(Order, IsOneThatIsKnown) {
  auto order = make<Order>();
  EXPECT_FALSE(decodes(order));
  order.kind = OrderKind::Rekey;
  EXPECT_TRUE(decodes(order));
  expect_only_the_exact_size(order);
  expect_header_checked(order);
  order.reserved = 1;
  EXPECT_FALSE(decodes(order));
}

} // namespace
} // namespace ktls::wire
