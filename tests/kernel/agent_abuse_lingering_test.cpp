// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets whose close() would wait for a peer that reads nothing, however the agent gets them.
#include <gtest/gtest.h>

#include <csignal>

#include "kernel/agent_abuse_case.hpp"

namespace ktls {
namespace {

using test::AgentAbuse;
using test::answer_to;
using test::Bytes;
using test::bytes_of;
using test::Client;
using test::good_request;
using test::Pair;
using test::setting;

// The application's end lingers for an hour once its peer does not read.
Pair lingering_pair() {
  Pair pair = test::tcp_pair();
  const linger forever{1, 3600};
  EXPECT_EQ(setsockopt(pair.ours.get(), SOL_SOCKET, SO_LINGER, &forever, sizeof forever), 0);
  const Bytes block(65536);
  while (send(pair.ours.get(), block.data(), block.size(), MSG_DONTWAIT) > 0) {
  }
  return pair;
}

// Without the agent's care its close() would wait for a peer that reads nothing.
TEST_F(AgentAbuse, IsNotHeldUpByASocketThatLingers) {
  Pair pair = lingering_pair();
  const Client client;
  auto request = good_request();
  request.timeout_ms = 200;

  client.send(bytes_of(request), {pair.ours.get()});
  pair.ours.reset();

  EXPECT_EQ(client.reason(), "first-byte-timeout");
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

TEST_F(AgentAbuse, IsNotHeldUpByALingeringSocketInABadRequest) {
  Pair pair = lingering_pair();
  const Client client;

  client.send(Bytes(5), {pair.ours.get()});
  pair.ours.reset();

  EXPECT_EQ(client.reason(), "malformed-request");
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

// Keeps the agent from answering, and closing, before all is sent.
class Paused {
public:
  Paused() { EXPECT_EQ(kill(std::stoi(setting("KTLSD_PID")), SIGSTOP), 0); }
  ~Paused() { EXPECT_EQ(kill(std::stoi(setting("KTLSD_PID")), SIGCONT), 0); }
  Paused(const Paused&) = delete;
  Paused& operator=(const Paused&) = delete;
};

// Whether a message of the agent's comes to others within `prompt` shows that it is not held up.
TEST_F(AgentAbuse, IsNotHeldUpByALingeringSocketThatItNeverReads) {
  Pair pair = lingering_pair();
  const Client client;

  {
    const Paused agent;
    client.send(Bytes(5), {}); // is refused
    client.send({}, {});       // looks like the end
    client.send({}, {pair.ours.get()});
    client.send(bytes_of(good_request()), {pair.ours.get()});
    pair.ours.reset();
  }

  EXPECT_EQ(client.reason(), "malformed-request");
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

TEST_F(AgentAbuse, IsNotHeldUpByLingeringSocketsOfAnApplicationThatIsGone) {
  Pair pair = lingering_pair();
  {
    const Paused agent;
    const Client client;
    client.send({}, {});
    client.send(bytes_of(good_request()), {pair.ours.get()});
    pair.ours.reset();
  }

  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

// The kernel closes what the agent has no room for.
TEST_F(AgentAbuse, IsNotHeldUpByManyLingeringSocketsInOneMessage) {
  constexpr std::size_t most = 253; // SCM_MAX_FD
  Pair pair = lingering_pair();
  std::vector<int> descriptors(most - 1, STDERR_FILENO);
  descriptors.push_back(pair.ours.get());
  const Client client;

  {
    const Paused agent;
    client.send(bytes_of(good_request()), descriptors);
    pair.ours.reset();
  }

  EXPECT_EQ(client.reason(), "too-many-descriptors");
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

} // namespace
} // namespace ktls
