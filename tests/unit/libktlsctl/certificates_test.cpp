// SPDX-License-Identifier: GPL-2.0-or-later
// The peer's certificates, from the agent's answer to the application.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

#include "libktlsctl/starting.hpp"

namespace ktls {
namespace {

using test::client;
using test::FakeAgent;
using test::has_keys;
using test::Session;
using test::success;

ktlsctl_options wanting(const char* agent, std::uint32_t timeout_ms = test::long_limit_ms) {
  auto options = client(agent, timeout_ms);
  options.flags = KTLSCTL_WANT_CERTIFICATES;
  return options;
}

wire::StartReply announcing(std::uint32_t number) {
  auto reply = success();
  reply.authenticated = 1;
  reply.certificates = number;
  return reply;
}

wire::PeerCertificate certificate(const std::string& der) {
  auto message = wire::make<wire::PeerCertificate>();
  message.size = static_cast<std::uint32_t>(der.size());
  std::memcpy(message.der, der.data(), der.size());
  return message;
}

template<class Message>
void say(int connection, const Message& message) {
  test::send_bytes(connection, &message, sizeof message);
}

// A session that the agent answered for with these messages.
struct Started {
  int status;
  Session session;
};
template<class... Messages>
Started start_with(const test::Pair& pair, const Messages&... messages) {
  const FakeAgent agent([&](int connection) {
    (void)test::receive_request(connection);
    (say(connection, messages), ...);
  });
  const auto options = wanting(agent.path());
  ktlsctl_session* session = nullptr;
  const int status = start(pair.ours.get(), &options, &session, has_keys);
  return {status, Session(session, ktlsctl_session_free)};
}

// Empty: there is none.
std::string certificate_of(const Session& session, std::size_t index) {
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  if (ktlsctl_session_peer_certificate(session.get(), index, &der, &size) != 0)
    return "";
  return {reinterpret_cast<const char*>(der), size};
}
int status_of(const ktlsctl_session* session, std::size_t index) {
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  return ktlsctl_session_peer_certificate(session, index, &der, &size);
}

void expect_protocol_error(const Started& started, const test::Pair& pair) {
  EXPECT_EQ(started.status, -EPROTO);
  EXPECT_STREQ(ktlsctl_session_reason(started.session.get()), "agent-protocol-error");
  EXPECT_EQ(status_of(started.session.get(), 0), -ENOENT);
  EXPECT_EQ(ktlsctl_session_peer_authenticated(started.session.get()), 0);
  EXPECT_TRUE(test::is_shut_down(pair));
}

TEST(Certificates, AreAskedForWhereTheyAreWanted) {
  const auto pair = test::tcp_pair();
  test::Received received{};
  FakeAgent agent([&](int connection) { received = test::receive_request(connection); });

  (void)test::start_with(pair, wanting(agent.path()));
  agent.finish();

  EXPECT_EQ(received.request.flags, wire::StartRequest::wants_certificates);
}

TEST(Certificates, AreNotAskedForByDefault) {
  const auto pair = test::tcp_pair();
  test::Received received{};
  FakeAgent agent([&](int connection) { received = test::receive_request(connection); });

  (void)test::start_with(pair, client(agent.path()));
  agent.finish();

  EXPECT_EQ(received.request.flags, 0U);
}

TEST(Certificates, AreHandedOverInTheirOrder) {
  const auto pair = test::tcp_pair();

  const auto started = start_with(pair, announcing(3), certificate("leaf"),
                                  certificate("intermediate"), certificate("root"));

  ASSERT_EQ(started.status, 0);
  EXPECT_EQ(certificate_of(started.session, 0), "leaf");
  EXPECT_EQ(certificate_of(started.session, 1), "intermediate");
  EXPECT_EQ(certificate_of(started.session, 2), "root");
  EXPECT_EQ(status_of(started.session.get(), 3), -ENOENT);
  EXPECT_EQ(status_of(started.session.get(), SIZE_MAX), -ENOENT);
  EXPECT_EQ(ktlsctl_session_peer_authenticated(started.session.get()), 1);
}

TEST(Certificates, AreHandedOverUpToTheirLargestSizeAndNumber) {
  const auto pair = test::tcp_pair();
  const std::string largest(wire::PeerCertificate::max_size, 'x');
  const FakeAgent agent([&](int connection) {
    (void)test::receive_request(connection);
    say(connection, announcing(wire::max_certificates));
    for (std::size_t i = 0; i < wire::max_certificates; ++i)
      say(connection, certificate(largest));
  });
  const auto options = wanting(agent.path());
  ktlsctl_session* raw = nullptr;

  const int status = start(pair.ours.get(), &options, &raw, has_keys);

  const Session session(raw, ktlsctl_session_free);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(certificate_of(session, 0), largest);
  EXPECT_EQ(certificate_of(session, wire::max_certificates - 1), largest);
  EXPECT_EQ(status_of(session.get(), wire::max_certificates), -ENOENT);
}

TEST(Certificates, MayBeNone) {
  const auto pair = test::tcp_pair();

  const auto started = start_with(pair, success());

  ASSERT_EQ(started.status, 0);
  EXPECT_EQ(status_of(started.session.get(), 0), -ENOENT);
  EXPECT_EQ(ktlsctl_session_peer_authenticated(started.session.get()), 0);
}

TEST(Certificates, OfNoSessionAreNone) {
  EXPECT_EQ(status_of(nullptr, 0), -ENOENT);
  EXPECT_EQ(ktlsctl_session_peer_authenticated(nullptr), 0);
}

// Nobody could look at them.
TEST(Certificates, AreNotAskedForWithoutASessionObject) {
  const auto pair = test::tcp_pair();
  test::Received received{};
  FakeAgent agent([&](int connection) {
    received = test::receive_request(connection);
    say(connection, success());
  });
  const auto options = wanting(agent.path());

  EXPECT_EQ(start(pair.ours.get(), &options, nullptr, has_keys), 0);
  agent.finish();

  EXPECT_EQ(received.request.flags, 0U);
}

TEST(Certificates, ThatNobodyAskedForAreAProtocolError) {
  const auto pair = test::tcp_pair();
  const FakeAgent agent([&](int connection) {
    (void)test::receive_request(connection);
    say(connection, announcing(1));
    // the library may have seen enough by then
    const auto leaf = certificate("leaf");
    (void)::send(connection, &leaf, sizeof leaf, MSG_NOSIGNAL);
  });
  const auto options = client(agent.path());
  ktlsctl_session* session = nullptr;

  const int status = start(pair.ours.get(), &options, &session, has_keys);

  expect_protocol_error({status, Session(session, ktlsctl_session_free)}, pair);
}

TEST(Certificates, ThatAreTooManyAreAProtocolError) {
  const auto pair = test::tcp_pair();

  expect_protocol_error(start_with(pair, announcing(wire::max_certificates + 1)), pair);
}

TEST(Certificates, ThatAreMissingAreAProtocolError) {
  const auto pair = test::tcp_pair();

  expect_protocol_error(start_with(pair, announcing(2), certificate("leaf")), pair);
}

TEST(Certificates, ThatAreMalformedAreAProtocolError) {
  auto too_large = certificate("leaf");
  too_large.size = wire::PeerCertificate::max_size + 1;
  auto untidy = certificate("leaf");
  untidy.der[4] = 'x';

  for (const auto& malformed : {certificate(""), too_large, untidy}) {
    const auto pair = test::tcp_pair();
    expect_protocol_error(start_with(pair, announcing(2), certificate("leaf"), malformed), pair);
  }
}

TEST(Certificates, MayNotBeAnotherMessage) {
  const auto pair = test::tcp_pair();

  expect_protocol_error(start_with(pair, announcing(1), success()), pair);
}

TEST(Certificates, AreNotWaitedForBeyondTheTimeLimit) {
  const auto pair = test::tcp_pair();
  const FakeAgent agent([&](int connection) {
    (void)test::receive_request(connection);
    say(connection, announcing(1));
    test::wait_for_end(connection);
  });
  const auto options = wanting(agent.path(), 30);
  ktlsctl_session* session = nullptr;

  const int status = start(pair.ours.get(), &options, &session, has_keys);

  expect_protocol_error({status, Session(session, ktlsctl_session_free)}, pair);
}

} // namespace
} // namespace ktls
