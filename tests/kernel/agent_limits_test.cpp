// SPDX-License-Identifier: GPL-2.0-or-later
// The limits of a running ktlsd, each configured small: see the scenario `limits`, which says which
// test goes with which configuration. The environment is described in running_agent.hpp.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "kernel/running_agent.hpp"

namespace ktls {
namespace {

using test::answer_to;
using test::await_census;
using test::bytes_of;
using test::Client;
using test::good_request;
using test::Pair;
using test::prompt;
using test::setting;
using test::wait_readable;
using namespace std::chrono_literals;

// A handshake whose peer says nothing; as client, so that the peer sees when it begins.
struct Stalled {
  explicit Stalled(Pair sockets = test::tcp_pair()) : pair(std::move(sockets)) {
    (void)client.try_send(bytes_of(good_request(wire::Role::Client)), {pair.ours.get()});
  }
  [[nodiscard]] bool has_begun(std::chrono::milliseconds limit = prompt) const {
    return wait_readable(pair.peers.get(), limit);
  }
  // Rather than be refused: one of the two happens soon.
  [[nodiscard]] bool begins() const {
    std::array<pollfd, 2> either{{{pair.peers.get(), POLLIN, 0}, {client.get(), POLLIN, 0}}};
    EXPECT_GT(poll(either.data(), either.size(), static_cast<int>(prompt.count())), 0);
    unsigned char type = 0;
    return recv(pair.peers.get(), &type, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && type == handshake;
  }
  static constexpr unsigned char handshake = 22; // RFC 8446, section 5.1: ContentType
  Pair pair;
  Client client;
};

// What the peer has got: an alert of RFC 8446, section 6.
std::string alert_for(const Pair& pair) {
  std::array<unsigned char, 8> got{};
  const ssize_t size = recv(pair.peers.get(), got.data(), got.size(), MSG_DONTWAIT);
  if (size != 7 || got[0] != 21)
    return "none";
  return std::to_string(got[6]);
}

void expect_busy(const Stalled& refused, const char* limit) {
  const auto reply = refused.client.reply();
  EXPECT_EQ(reply.reason.view(), "busy");
  EXPECT_NE(reply.message.view().find(limit), std::string_view::npos) << reply.message.view();
  EXPECT_EQ(alert_for(refused.pair), "80");
}

Pair pair_from(const char* address) {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof any;
  sockaddr_in from = any;
  EXPECT_EQ(inet_pton(AF_INET, address, &from.sin_addr), 1);
  const Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&any), size), 0);
  EXPECT_EQ(listen(listener.get(), 1), 0);
  EXPECT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&any), &size), 0);
  Pair pair;
  pair.peers = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(pair.peers.get(), reinterpret_cast<sockaddr*>(&from), size), 0);
  EXPECT_EQ(connect(pair.peers.get(), reinterpret_cast<sockaddr*>(&any), size), 0);
  pair.ours = Fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  return pair;
}

// max_handshakes = 2, max_queued = 2, workers = 1
TEST(AgentLimits, QueuesAndThenIsBusy) {
  EXPECT_TRUE(Stalled().has_begun()); // the worker opens what it opens once
  const auto before = test::settled_census();
  {
    Stalled first;
    const Stalled second;
    EXPECT_TRUE(first.has_begun());
    EXPECT_TRUE(second.has_begun());
    const Stalled third;
    const Stalled fourth;
    EXPECT_FALSE(third.has_begun(200ms)) << "it waits";
    expect_busy(Stalled(), "agent.max_queued = 2 behind agent.max_handshakes = 2");

    first.client.close();
    EXPECT_TRUE(third.has_begun()) << "it has the place of the first";
    EXPECT_FALSE(fourth.has_begun(200ms));
  }
  EXPECT_EQ(await_census(before, prompt), before);
}

// max_handshakes_per_uid = 2
TEST(AgentLimits, LimitsEachUser) {
  Stalled first;
  const Stalled second;
  EXPECT_TRUE(first.has_begun());
  EXPECT_TRUE(second.has_begun());
  expect_busy(Stalled(), "agent.max_handshakes_per_uid = 2 for uid 0");

  first.client.close();
  EXPECT_TRUE(test::sees_end(first.pair.peers.get()));
  EXPECT_TRUE(Stalled().has_begun());
}

// max_handshakes_per_address = 2
TEST(AgentLimits, LimitsEachRemoteAddress) {
  const Stalled first;
  const Stalled second(pair_from("127.0.0.1"));
  EXPECT_TRUE(first.has_begun());
  EXPECT_TRUE(second.has_begun());
  expect_busy(Stalled(pair_from("127.0.0.1")),
              "agent.max_handshakes_per_address = 2 for 127.0.0.1");
  EXPECT_TRUE(Stalled(pair_from("127.0.0.2")).has_begun());
}

// max_connections_per_uid = 5
TEST(AgentLimits, LimitsTheConnectionsOfEachUser) {
  std::vector<Client> silent(5);
  const Client turned_away;
  EXPECT_EQ(turned_away.reason(), "busy");
  EXPECT_TRUE(turned_away.ends());

  silent.clear();
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

pid_t only_worker() {
  for (const auto& [pid, descriptors] : test::take_census()) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
    std::string name;
    if (std::getline(file, name) && name == "ktlsd-worker")
      return pid;
  }
  return -1;
}

// Lets `process`, the broker or its only worker, open 20 descriptors more, and asks for 60
// handshakes.
void starve(pid_t process) {
  rlimit full{};
  ASSERT_EQ(prlimit(process, RLIMIT_NOFILE, nullptr, &full), 0);
  EXPECT_TRUE(Stalled().has_begun()); // the worker opens what it opens once
  const Stalled established;
  EXPECT_TRUE(established.has_begun());
  const auto before = test::settled_census();
  const rlimit few{before.at(process) + 20, full.rlim_max};
  ASSERT_EQ(prlimit(process, RLIMIT_NOFILE, &few, nullptr), 0);

  int begun = 0;
  int busy = 0;
  {
    std::vector<Stalled> many;
    for (int i = 0; i < 60; ++i) {
      many.emplace_back();
      if (many.back().begins()) {
        ++begun;
        continue;
      }
      const std::string reason = many.back().client.reason();
      EXPECT_EQ(reason, "busy");
      busy += reason == "busy" ? 1 : 0;
    }
  }
  EXPECT_GE(begun, 5);
  EXPECT_GE(busy, 40);
  EXPECT_EQ(await_census(before, prompt), before) << "the established one is undisturbed";
  EXPECT_TRUE(Stalled().has_begun()) << "those that ended made room";
  EXPECT_EQ(prlimit(process, RLIMIT_NOFILE, &full, nullptr), 0);
}

// workers = 1
TEST(AgentLimits, IsBusyWithoutAFreeDescriptor) {
  starve(std::stoi(setting("KTLSD_PID")));
}
TEST(AgentLimits, IsBusyWhenItsWorkerHasNoFreeDescriptor) {
  starve(only_worker());
}

// Without [server].
TEST(AgentLimits, TellsThePeerOfAMissingPolicy) {
  const Pair pair = test::tcp_pair();

  EXPECT_EQ(answer_to(bytes_of(good_request()), {pair.ours.get()}), "no-policy");

  EXPECT_EQ(alert_for(pair), "49");
}

} // namespace
} // namespace ktls
