// SPDX-License-Identifier: GPL-2.0-or-later
// What a hostile or broken application may do to agent.sock, tried on a running ktlsd.
//
// The environment is described in running_agent.hpp. The agent must be configured for both roles,
// or the handshakes here end with no-policy.
#include <gtest/gtest.h>

#include "kernel/agent_abuse_case.hpp"

namespace ktls {
namespace {

using test::AgentAbuse;
using test::answer_to;
using test::Bytes;
using test::bytes_of;
using test::Client;
using test::Clock;
using test::good_request;
using test::Pair;
using test::prompt;
using test::request_timeout;
using test::sees_end;
using test::setting;
using test::wait_readable;
using namespace std::chrono_literals;

// Lets the agent open what it opens once, so that the count begins after that.
class WarmUp : public testing::Environment {
  void SetUp() override {
    ASSERT_NE(setting("KTLS_AGENT_SOCKET"), "") << "name the agent's socket";
    ASSERT_NE(setting("KTLSD_PID"), "") << "name the agent's process";
    for (const auto role : {wire::Role::Client, wire::Role::Server}) {
      const Pair pair = test::tcp_pair();
      auto request = good_request(role);
      request.timeout_ms = 100;
      const Client client;
      client.send(bytes_of(request), {pair.ours.get()});
      EXPECT_EQ(client.reason(), "first-byte-timeout");
    }
  }
};
[[maybe_unused]] const auto* const warm_up = testing::AddGlobalTestEnvironment(new WarmUp);

TEST_F(AgentAbuse, EndsAConnectionThatSaysNothing) {
  const Client silent;

  EXPECT_EQ(silent.reason(request_timeout() + prompt), "request-timeout");
  EXPECT_TRUE(silent.ends());
}

TEST_F(AgentAbuse, ServesOthersWhileManySayNothing) {
  const std::vector<Client> silent(64);

  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");

  const Pair pair = test::tcp_pair();
  const Client good;
  good.send(bytes_of(good_request(wire::Role::Client)), {pair.ours.get()});
  EXPECT_TRUE(wait_readable(pair.peers.get(), prompt)) << "no ClientHello";
}

TEST_F(AgentAbuse, SurvivesSendersThatDoNotWaitForTheAnswer) {
  const Pair pair = test::tcp_pair();
  for (int i = 0; i < 50; ++i) {
    const Client client;
    client.send(Bytes(5), {pair.ours.get()});
  }

  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

TEST_F(AgentAbuse, EndsAHandshakeWhoseApplicationVanishes) {
  Pair pair = test::tcp_pair();
  Client client;
  client.send(bytes_of(good_request(wire::Role::Client)), {pair.ours.get()});
  ASSERT_TRUE(wait_readable(pair.peers.get(), prompt)) << "no ClientHello";

  pair.ours.reset();
  client.close();

  EXPECT_TRUE(sees_end(pair.peers.get()));
}

TEST_F(AgentAbuse, ShutsDownTheSocketOfACancelledHandshake) {
  const Pair pair = test::tcp_pair();
  Client client;
  client.send(bytes_of(good_request(wire::Role::Client)), {pair.ours.get()});
  ASSERT_TRUE(wait_readable(pair.peers.get(), prompt)) << "no ClientHello";

  client.close();

  EXPECT_TRUE(sees_end(pair.peers.get()));
}

TEST_F(AgentAbuse, EndsManyHandshakesWhoseApplicationsVanish) {
  std::vector<Fd> peers;
  for (int i = 0; i < 40; ++i) {
    Pair pair = test::tcp_pair();
    const auto role = i % 2 == 0 ? wire::Role::Client : wire::Role::Server;
    const Client client;
    client.send(bytes_of(good_request(role)), {pair.ours.get()});
    peers.push_back(std::move(pair.peers));
  }

  for (const Fd& peer : peers)
    EXPECT_TRUE(sees_end(peer.get()));
}

TEST_F(AgentAbuse, TimesOutWhenThePeerSaysNothing) {
  const Pair pair = test::tcp_pair();
  const Client client;
  auto request = good_request();
  request.timeout_ms = 200;
  const auto begin = Clock::now();
  client.send(bytes_of(request), {pair.ours.get()});

  EXPECT_EQ(client.reason(), "first-byte-timeout");
  EXPECT_GE(Clock::now() - begin, 200ms);
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(sees_end(pair.peers.get()));
}

// Both ends are the agent's.
struct BothEnds {
  Pair pair = test::tcp_pair();
  Client client;
  Client server;
  void ask_client() const {
    client.send(bytes_of(good_request(wire::Role::Client)), {pair.ours.get()});
  }
  void ask_server() const { server.send(bytes_of(good_request()), {pair.peers.get()}); }
};

TEST_F(AgentAbuse, SecuresBothEnds) {
  const BothEnds ends;
  ends.ask_client();
  ends.ask_server();

  EXPECT_EQ(ends.client.reason(), "success");
  EXPECT_EQ(ends.server.reason(), "success");
}

// What an application writes meanwhile is the handshake's to stumble over, and nobody else's.
TEST_F(AgentAbuse, FailsAHandshakeIntoWhichItsApplicationWrites) {
  const BothEnds other;
  other.ask_client();
  ASSERT_TRUE(wait_readable(other.pair.peers.get(), prompt)) << "no ClientHello";
  const BothEnds ends;
  ends.ask_client();
  ASSERT_TRUE(wait_readable(ends.pair.peers.get(), prompt)) << "no ClientHello";
  const Bytes block(100, 'x');
  ASSERT_EQ(send(ends.pair.ours.get(), block.data(), block.size(), 0), 100);
  ends.ask_server();

  EXPECT_NE(ends.server.reason(), "success"); // a TLS 1.3 client is content before its server is
  other.ask_server();
  EXPECT_EQ(other.client.reason(), "success");
  EXPECT_EQ(other.server.reason(), "success");
}

TEST_F(AgentAbuse, FailsAHandshakeThatItsApplicationReads) {
  const BothEnds ends;
  ends.ask_client();
  ASSERT_TRUE(wait_readable(ends.pair.peers.get(), prompt)) << "no ClientHello";
  Bytes hello(10);
  ASSERT_EQ(recv(ends.pair.peers.get(), hello.data(), hello.size(), 0), 10);
  ends.ask_server();

  EXPECT_NE(ends.server.reason(), "success");
  EXPECT_NE(ends.client.reason(), "success");
}

TEST_F(AgentAbuse, FailsAHandshakeThatItsApplicationShutsDown) {
  const BothEnds ends;
  ends.ask_client();
  ASSERT_TRUE(wait_readable(ends.pair.peers.get(), prompt)) << "no ClientHello";
  ASSERT_EQ(shutdown(ends.pair.ours.get(), SHUT_RDWR), 0);

  const std::string reason = ends.client.reason();
  EXPECT_TRUE(reason == "peer-closed" || reason == "connection-reset") << reason;
}

// A listener that was passed by mistake still listens.
TEST_F(AgentAbuse, LeavesAlonePassedSocketsThatAreNotConnected) {
  const Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(listen(listener.get(), 1), 0);

  EXPECT_EQ(answer_to(bytes_of(good_request()), {listener.get()}), "listening");

  int listens = 0;
  socklen_t size = sizeof listens;
  ASSERT_EQ(getsockopt(listener.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size), 0);
  EXPECT_EQ(listens, 1);
}

TEST_F(AgentAbuse, DropsWhatFollowsARequest) {
  const Pair first = test::tcp_pair();
  const Pair second = test::tcp_pair();
  Client client;
  client.send(bytes_of(good_request(wire::Role::Client)), {first.ours.get()});
  ASSERT_TRUE(wait_readable(first.peers.get(), prompt)) << "no ClientHello";
  client.send(bytes_of(good_request(wire::Role::Client)), {second.ours.get()});
  EXPECT_FALSE(wait_readable(second.peers.get(), 200ms)) << "one connection carries one request";

  client.close();

  EXPECT_TRUE(sees_end(first.peers.get()));
}

} // namespace
} // namespace ktls
