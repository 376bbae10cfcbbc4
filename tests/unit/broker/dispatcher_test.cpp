// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/dispatcher.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "broker/fake_workers.hpp"
#include "broker/test_generation.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;
using test::is_shut_down;

constexpr std::uint32_t client_profile = 4;
constexpr std::uint32_t server_profile = 9;

constexpr const char* usual_policy = R"(
[agent]
handshake_timeout = 600
first_byte_timeout = 240
[profile.client]
handshake_role = "client"
truststore = "/ca.pem"
[credential.host]
certificate = "/host.pem"
private_key = "/host.key"
[profile.server]
handshake_role = "server"
credentials = "host"
tags = ["staff"]
[[rule]]
name = "clients"
role = "client"
profile = "client"
[[rule]]
name = "servers"
role = "server"
profile = "server"
)";

test::ServedByName served() {
  return {{"client", {client_profile, client_profile, nullptr}},
          {"server", {server_profile, server_profile, nullptr}}};
}

class DispatcherTest : public testing::Test {
protected:
  DispatcherTest() {
    serve(dispatcher, ample);
    workers.on_lost = [this](Workers::Index worker) {
      dispatcher.on_lost({&workers, worker}, Workers::Loss::Failed);
    };
  }

  // Of a connection whose end here is `sockets.back().ours`.
  HandshakeRequest request(RequestedRole role = RequestedRole::Client) {
    sockets.push_back(test::tcp_pair());
    return request_for(sockets.back().ours.get(), role);
  }
  HandshakeRequest request_for(int socket, RequestedRole role = RequestedRole::Client) {
    HandshakeRequest out;
    out.socket = Fd(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    out.role = role;
    out.peer_name = role == RequestedRole::Client ? "server.test" : "";
    out.timeout = 10min;
    out.origin = "test";
    out.complete = [this](const Outcome& outcome, int) { outcomes.push_back(outcome); };
    return out;
  }
  static ipc::HandshakeFinished finished(std::uint64_t id, Reason reason = Reason::Success) {
    auto message = wire::make<ipc::HandshakeFinished>();
    message.id = id;
    message.reason = static_cast<std::uint16_t>(reason);
    return message;
  }
  // What the peer of `pair` was sent, which has to be this alert.
  static void expect_alert(const test::Pair& pair, std::uint8_t alert) {
    std::array<std::uint8_t, 15> got{};
    const ssize_t size = ::recv(pair.peers.get(), got.data(), got.size(), MSG_DONTWAIT);
    ASSERT_EQ(size, alert == 90 ? 14 : 7);
    EXPECT_EQ(got[0], 21);
    EXPECT_EQ(got[6], alert);
  }
  static void expect_no_alert(const test::Pair& pair) {
    char byte = 0;
    EXPECT_LE(::recv(pair.peers.get(), &byte, 1, MSG_DONTWAIT), 0);
  }

  Reason only_reason() {
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.empty() ? Reason::InternalError : outcomes[0].reason;
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  test::FakeWorkers workers;
  void serve(Dispatcher& which, const Dispatcher::Limits& limits,
             const std::string& policy = usual_policy) {
    which.serve(test::TestGeneration::make(policy, served(), workers), limits);
  }

  static constexpr Dispatcher::Limits ample{100, 100, {100, 100}};
  Dispatcher dispatcher{loop, ample};
  std::vector<test::Pair> sockets;
  std::vector<Outcome> outcomes;
};

TEST_F(DispatcherTest, GivesAClientToAWorker) {
  workers.next = 3;

  const auto id = dispatcher.submit(request());

  ASSERT_EQ(workers.started.size(), 1U);
  const auto& [worker, message, socket] = workers.started[0];
  EXPECT_EQ(worker, 3U);
  EXPECT_TRUE(message.valid());
  EXPECT_EQ(message.id, id);
  EXPECT_EQ(message.profile, client_profile);
  EXPECT_EQ(message.anonymous, 0U);
  EXPECT_EQ(message.peer_name.view(), "server.test");
  EXPECT_LE(message.timeout_ms, 600'000U);
  EXPECT_GE(message.timeout_ms, 500'000U);
  EXPECT_EQ(message.first_byte_ms, 240'000U);
  EXPECT_GE(::fcntl(socket, F_GETFD), 0);
  EXPECT_TRUE(outcomes.empty());
  EXPECT_EQ(dispatcher.in_flight(), 1U);
}

TEST_F(DispatcherTest, GivesAServerToAWorker) {
  auto server = request(RequestedRole::Server);
  server.anonymous = true; // means nothing for a server

  (void)dispatcher.submit(std::move(server));

  ASSERT_EQ(workers.started.size(), 1U);
  EXPECT_EQ(workers.started[0].request.profile, server_profile);
  EXPECT_EQ(workers.started[0].request.anonymous, 0U);
  EXPECT_EQ(workers.started[0].request.peer_name.view(), "");
}

TEST_F(DispatcherTest, PassesOnThatAClientIsAnonymous) {
  auto anonymous = request();
  anonymous.anonymous = true;

  (void)dispatcher.submit(std::move(anonymous));

  EXPECT_EQ(workers.started.at(0).request.anonymous, 1U);
}

TEST_F(DispatcherTest, PassesOnTheOutcome) {
  const auto id = dispatcher.submit(request());
  auto message = finished(id);
  message.authenticated = 1;
  message.protocol.assign_cut("TLS 1.3");
  message.cipher.assign_cut("TLS_AES_128_GCM_SHA256");
  message.group.assign_cut("x25519");
  message.peer_subject.assign_cut("CN=server");

  dispatcher.on_finished({&workers, 0}, message);

  EXPECT_EQ(only_reason(), Reason::Success);
  EXPECT_TRUE(outcomes[0].authenticated);
  EXPECT_EQ(outcomes[0].protocol, "TLS 1.3");
  EXPECT_EQ(outcomes[0].cipher, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(outcomes[0].group, "x25519");
  EXPECT_EQ(outcomes[0].peer_subject, "CN=server");
  EXPECT_FALSE(is_shut_down(sockets[0]));
  EXPECT_EQ(dispatcher.in_flight(), 0U);
}

TEST_F(DispatcherTest, ShutsDownWhatFailed) {
  const auto id = dispatcher.submit(request());
  auto message = finished(id, Reason::CertificateExpired);
  message.detail.assign_cut("last year");

  dispatcher.on_finished({&workers, 0}, message);

  EXPECT_EQ(only_reason(), Reason::CertificateExpired);
  EXPECT_EQ(outcomes[0].detail, "last year");
  EXPECT_TRUE(is_shut_down(sockets[0]));
}

// A worker that was taken over must not forge log lines, nor control an application's terminal.
TEST_F(DispatcherTest, EscapesAllTextOfAWorker) {
  const auto id = dispatcher.submit(request());
  auto message = finished(id);
  const std::string evil = "\n<0>\x1b[2J";
  message.detail.assign_cut(evil);
  message.protocol.assign_cut(evil);
  message.cipher.assign_cut(evil);
  message.group.assign_cut(evil);
  message.peer_subject.assign_cut(evil);

  dispatcher.on_finished({&workers, 0}, message);

  ASSERT_EQ(outcomes.size(), 1U);
  const std::string harmless = "\\x0a<0>\\x1b[2J";
  EXPECT_EQ(outcomes[0].detail, harmless);
  EXPECT_EQ(outcomes[0].protocol, harmless);
  EXPECT_EQ(outcomes[0].cipher, harmless);
  EXPECT_EQ(outcomes[0].group, harmless);
  EXPECT_EQ(outcomes[0].peer_subject, harmless);
}

TEST_F(DispatcherTest, ClosesItsSocketBehindTheOutcome) {
  bool open = false;
  auto asked = request();
  asked.complete = [&](const Outcome&, int socket) { open = ::fcntl(socket, F_GETFD) >= 0; };
  const auto before = test::count_descriptors();
  const auto id = dispatcher.submit(std::move(asked));

  dispatcher.on_finished({&workers, 0}, finished(id));

  EXPECT_TRUE(open);
  EXPECT_EQ(test::count_descriptors(), before - 1);
}

TEST_F(DispatcherTest, WaitsForAWorker) {
  workers.next = std::nullopt;
  const auto first = dispatcher.submit(request());
  const auto second = dispatcher.submit(request(RequestedRole::Server));
  EXPECT_TRUE(workers.started.empty());

  workers.next = 1;
  dispatcher.on_available();

  ASSERT_EQ(workers.started.size(), 2U);
  EXPECT_EQ(workers.started[0].request.id, first);
  EXPECT_EQ(workers.started[1].request.id, second);
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(DispatcherTest, WaitsOnWhenTheWorkerIsGoneAgain) {
  workers.next = std::nullopt;
  (void)dispatcher.submit(request());
  dispatcher.on_available();
  EXPECT_TRUE(workers.started.empty());

  workers.next = 0;
  dispatcher.on_available();
  dispatcher.on_available();

  EXPECT_EQ(workers.started.size(), 1U);
}

TEST_F(DispatcherTest, LosesOnlyTheHandshakesOfTheLostWorker) {
  workers.next = 0;
  (void)dispatcher.submit(request());
  (void)dispatcher.submit(request());
  workers.next = 1;
  const auto other = dispatcher.submit(request());
  workers.next = std::nullopt;
  (void)dispatcher.submit(request());

  dispatcher.on_lost({&workers, 0}, Workers::Loss::Failed);

  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].reason, Reason::WorkerDied);
  EXPECT_EQ(outcomes[1].reason, Reason::WorkerDied);
  EXPECT_TRUE(is_shut_down(sockets[0]));
  EXPECT_TRUE(is_shut_down(sockets[1]));
  EXPECT_FALSE(is_shut_down(sockets[2]));
  EXPECT_EQ(dispatcher.in_flight(), 2U);
  dispatcher.on_finished({&workers, 1}, finished(other));
  EXPECT_EQ(outcomes.back().reason, Reason::Success);
}

TEST_F(DispatcherTest, FailsWhatAWorkerCannotTake) {
  workers.broken = true;

  (void)dispatcher.submit(request());

  EXPECT_EQ(only_reason(), Reason::WorkerDied);
  EXPECT_EQ(dispatcher.in_flight(), 0U);
}

TEST_F(DispatcherTest, ReplacesAWorkerThatMakesUpHandshakes) {
  workers.next = 2;
  const auto id = dispatcher.submit(request());

  dispatcher.on_finished({&workers, 2}, finished(id + 1));

  EXPECT_EQ(workers.replaced, std::vector<Workers::Index>{2});
  EXPECT_EQ(only_reason(), Reason::WorkerDied);
}

TEST_F(DispatcherTest, ReplacesAWorkerThatFinishesThoseOfAnother) {
  workers.next = 2;
  const auto id = dispatcher.submit(request());

  dispatcher.on_finished({&workers, 1}, finished(id));

  EXPECT_EQ(workers.replaced, std::vector<Workers::Index>{1});
  EXPECT_TRUE(outcomes.empty());
  EXPECT_EQ(dispatcher.in_flight(), 1U);
}

TEST_F(DispatcherTest, ReplacesAWorkerThatFinishesWhatStillWaits) {
  workers.next = std::nullopt;
  const auto id = dispatcher.submit(request());

  dispatcher.on_finished({&workers, 0}, finished(id));

  EXPECT_EQ(workers.replaced, std::vector<Workers::Index>{0});
  EXPECT_EQ(dispatcher.in_flight(), 1U);
}

TEST_F(DispatcherTest, CancelsWhatAWorkerHas) {
  const auto id = dispatcher.submit(request());

  dispatcher.cancel(id);
  EXPECT_EQ(workers.cancelled, std::vector<std::uint64_t>{id});
  EXPECT_TRUE(outcomes.empty()) << "the worker ends it";

  dispatcher.on_finished({&workers, 0}, finished(id, Reason::Cancelled));
  EXPECT_EQ(only_reason(), Reason::Cancelled);
}

TEST_F(DispatcherTest, CancelsWhatWaits) {
  workers.next = std::nullopt;
  const auto id = dispatcher.submit(request());

  dispatcher.cancel(id);

  EXPECT_EQ(only_reason(), Reason::Cancelled);
  expect_alert(sockets[0], 90);
  EXPECT_TRUE(is_shut_down(sockets[0]));
  workers.next = 0;
  dispatcher.on_available();
  EXPECT_TRUE(workers.started.empty());
}

TEST_F(DispatcherTest, CancelsNothingThatIsOver) {
  const auto id = dispatcher.submit(request());
  dispatcher.on_finished({&workers, 0}, finished(id));

  dispatcher.cancel(id);
  dispatcher.cancel(999);

  EXPECT_TRUE(workers.cancelled.empty());
  EXPECT_EQ(outcomes.size(), 1U);
}

TEST_F(DispatcherTest, EndsAll) {
  (void)dispatcher.submit(request());
  workers.next = std::nullopt;
  (void)dispatcher.submit(request());

  dispatcher.end_all(Reason::AgentStopping);

  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].reason, Reason::AgentStopping);
  EXPECT_EQ(outcomes[1].reason, Reason::AgentStopping);
  expect_no_alert(sockets[0]); // a worker had it: nobody knows what the peer was sent
  expect_alert(sockets[1], 80);
  EXPECT_TRUE(is_shut_down(sockets[0]));
  EXPECT_TRUE(is_shut_down(sockets[1]));
  EXPECT_EQ(dispatcher.in_flight(), 0U);
}

// A time limit in the past makes the watchdog due at once.
TEST_F(DispatcherTest, EndsAWorkerThatIsStuckAndItsOthers) {
  auto late = request();
  late.timeout = -2 * Dispatcher::worker_grace;
  std::optional<Reason> reason_of_the_late;
  late.complete = [&](const Outcome& outcome, int) { reason_of_the_late = outcome.reason; };
  (void)dispatcher.submit(std::move(late));
  (void)dispatcher.submit(request());
  workers.next = 1;
  (void)dispatcher.submit(request());
  EXPECT_EQ(workers.started.at(0).request.timeout_ms, 1U);

  pump.until_idle();

  EXPECT_EQ(reason_of_the_late, Reason::WorkerStuck);
  EXPECT_EQ(only_reason(), Reason::WorkerDied);
  EXPECT_EQ(workers.replaced, std::vector<Workers::Index>{0});
  EXPECT_EQ(dispatcher.in_flight(), 1U);
}

// In a flood a sound worker can be late; killing it would fail all that it has.
TEST_F(DispatcherTest, IsPatientWithAWorkerThatStillAnswers) {
  const auto other = dispatcher.submit(request());
  auto late = request();
  late.timeout = -2 * Dispatcher::worker_grace;
  const auto id = dispatcher.submit(std::move(late));
  pump.once(); // its time is over
  dispatcher.on_finished({&workers, 0}, finished(other));

  pump.until_idle();

  EXPECT_TRUE(workers.replaced.empty());
  dispatcher.on_finished({&workers, 0}, finished(id, Reason::HandshakeTimeout));
  EXPECT_EQ(outcomes.back().reason, Reason::HandshakeTimeout);
}

TEST_F(DispatcherTest, IsNotPatientForEver) {
  const auto other = dispatcher.submit(request());
  auto late = request();
  late.timeout = -2 * Dispatcher::worker_patience;
  (void)dispatcher.submit(std::move(late));
  pump.once();
  dispatcher.on_finished({&workers, 0}, finished(other));

  pump.until_idle();

  EXPECT_EQ(workers.replaced, std::vector<Workers::Index>{0});
}

TEST_F(DispatcherTest, EndsAWorkerThatOnlySaidSomethingBefore) {
  const auto other = dispatcher.submit(request());
  auto late = request();
  late.timeout = -2 * Dispatcher::worker_grace;
  (void)dispatcher.submit(std::move(late));
  dispatcher.on_finished({&workers, 0}, finished(other));

  pump.until_idle();

  EXPECT_EQ(workers.replaced, std::vector<Workers::Index>{0});
}

TEST_F(DispatcherTest, RefusesWhoeverKeepsEndingWorkers) {
  for (int i = 0; i < 3; ++i) {
    (void)dispatcher.submit(request());
    dispatcher.on_lost({&workers, 0}, Workers::Loss::Failed);
  }
  outcomes.clear();

  (void)dispatcher.submit(request());

  EXPECT_EQ(only_reason(), Reason::Busy);
  EXPECT_NE(outcomes[0].detail.find("127.0.0.1"), std::string::npos) << outcomes[0].detail;
  expect_alert(sockets.back(), 80);
}

TEST_F(DispatcherTest, BlamesNobodyForAWorkerThatWasKilled) {
  for (int i = 0; i < 3; ++i) {
    (void)dispatcher.submit(request());
    dispatcher.on_lost({&workers, 0}, Workers::Loss::Killed);
    EXPECT_EQ(outcomes.back().reason, Reason::WorkerDied);
  }

  (void)dispatcher.submit(request());

  EXPECT_EQ(dispatcher.in_flight(), 1U);
}

TEST_F(DispatcherTest, BlamesALateHandshakeForItsWorkersEnd) {
  for (int i = 0; i < 3; ++i) {
    auto late = request();
    late.timeout = -2 * Dispatcher::worker_grace;
    (void)dispatcher.submit(std::move(late));
    pump.until_idle();
    EXPECT_EQ(outcomes.back().reason, Reason::WorkerStuck);
  }

  (void)dispatcher.submit(request());

  EXPECT_EQ(outcomes.back().reason, Reason::Busy);
}

TEST_F(DispatcherTest, TimesOutWhileNoWorkerIsReady) {
  workers.next = std::nullopt;
  auto late = request();
  late.timeout = -2 * Dispatcher::worker_grace;
  (void)dispatcher.submit(std::move(late));

  pump.until_idle();

  EXPECT_EQ(only_reason(), Reason::HandshakeTimeout);
  EXPECT_EQ(outcomes[0].detail, "no worker was ready");
  EXPECT_TRUE(workers.replaced.empty());
}

TEST_F(DispatcherTest, RefusesWhatIsNoTcpConnection) {
  const auto pipes = test::unix_pair();
  const test::TemporaryDirectory directory;
  const Fd file(::open(directory.file("file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));

  (void)dispatcher.submit(request_for(file.get()));
  (void)dispatcher.submit(request_for(pipes.ours.get()));
  (void)dispatcher.submit(request_for(-1));

  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(outcomes[0].reason, Reason::NotASocket);
  EXPECT_EQ(outcomes[1].reason, Reason::NotTcp);
  EXPECT_EQ(outcomes[2].reason, Reason::NotASocket);
  EXPECT_TRUE(workers.started.empty());
  EXPECT_FALSE(is_shut_down(pipes)) << "it was passed by mistake";
}

// The close() of the last descriptor must not wait for the peer.
TEST_F(DispatcherTest, TurnsLingeringOff) {
  auto asked = request();
  const linger on{1, 60};
  ASSERT_EQ(::setsockopt(asked.socket.get(), SOL_SOCKET, SO_LINGER, &on, sizeof on), 0);
  const auto id = dispatcher.submit(std::move(asked));

  dispatcher.on_finished({&workers, 0}, finished(id));

  linger now{};
  socklen_t size = sizeof now;
  ASSERT_EQ(::getsockopt(sockets[0].ours.get(), SOL_SOCKET, SO_LINGER, &now, &size), 0);
  EXPECT_EQ(now.l_onoff, 0);
}

TEST_F(DispatcherTest, TagsAPeerWithACertificate) {
  const auto id = dispatcher.submit(request(RequestedRole::Server));
  auto message = finished(id);
  message.authenticated = 1;
  message.peer_subject.assign_cut("CN=alice");

  dispatcher.on_finished({&workers, 0}, message);

  EXPECT_EQ(outcomes.at(0).tags, std::vector<std::string>{"staff"});
}

TEST_F(DispatcherTest, TagsNobodyElse) {
  const auto anonymous = dispatcher.submit(request(RequestedRole::Server));
  dispatcher.on_finished({&workers, 0}, finished(anonymous));
  const auto refused = dispatcher.submit(request(RequestedRole::Server));
  auto message = finished(refused, Reason::CertificateExpired);
  message.peer_subject.assign_cut("CN=alice");
  dispatcher.on_finished({&workers, 0}, message);

  EXPECT_TRUE(outcomes.at(0).tags.empty());
  EXPECT_TRUE(outcomes.at(1).tags.empty());
}

TEST_F(DispatcherTest, RefusesRolesWithoutAProfile) {
  Dispatcher without(loop, ample);
  serve(without, ample, "");

  (void)without.submit(request());
  (void)without.submit(request(RequestedRole::Server));

  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].reason, Reason::NoPolicy);
  EXPECT_EQ(outcomes[1].reason, Reason::NoPolicy);
  expect_alert(sockets[0], 49);
  EXPECT_TRUE(is_shut_down(sockets[0]));
}

TEST_F(DispatcherTest, WantsAUsableNameOfAClientsServer) {
  auto nameless = request();
  nameless.peer_name = "";
  auto misnamed = request();
  misnamed.peer_name = "not a name";
  auto longest = request();
  longest.peer_name = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                      std::string(63, 'c') + "." + std::string(61, 'd') + ".";

  (void)dispatcher.submit(std::move(nameless));
  (void)dispatcher.submit(std::move(misnamed));
  (void)dispatcher.submit(std::move(longest));

  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].reason, Reason::PeerNameMissing);
  EXPECT_EQ(outcomes[1].reason, Reason::PeerNameInvalid);
  EXPECT_EQ(workers.started.size(), 1U);
}

TEST_F(DispatcherTest, QueuesBehindWhatWorkersMayHave) {
  constexpr Dispatcher::Limits limits{2, 2, {100, 100}};
  Dispatcher small(loop, limits);
  serve(small, limits);
  workers.on_lost = [&](Workers::Index worker) {
    small.on_lost({&workers, worker}, Workers::Loss::Failed);
  };
  const auto first = small.submit(request());
  (void)small.submit(request());
  const auto third = small.submit(request());
  const auto fourth = small.submit(request());
  EXPECT_EQ(workers.started.size(), 2U);

  (void)small.submit(request());

  EXPECT_EQ(only_reason(), Reason::Busy);
  EXPECT_EQ(outcomes[0].detail, "agent.max_queued = 2 behind agent.max_handshakes = 2");
  expect_alert(sockets[4], 80);
  EXPECT_TRUE(is_shut_down(sockets[4]));
  small.on_finished({&workers, 0}, finished(first));
  ASSERT_EQ(workers.started.size(), 3U);
  EXPECT_EQ(workers.started[2].request.id, third) << "the oldest first";
  (void)small.submit(request());
  small.on_finished({&workers, 0}, finished(third));
  EXPECT_EQ(workers.started.at(3).request.id, fourth);
  EXPECT_EQ(outcomes.size(), 3U);
}

TEST_F(DispatcherTest, FillsThePlacesOfALostWorker) {
  constexpr Dispatcher::Limits limits{2, 9, {100, 100}};
  Dispatcher small(loop, limits);
  serve(small, limits);
  workers.on_lost = [&](Workers::Index worker) {
    small.on_lost({&workers, worker}, Workers::Loss::Failed);
  };
  for (int i = 0; i < 6; ++i)
    (void)small.submit(request());
  workers.next = 1;

  small.on_lost({&workers, 0}, Workers::Loss::Failed);

  EXPECT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(workers.started.size(), 4U);
  workers.broken = true; // the next one that is given to it
  small.on_lost({&workers, 1}, Workers::Loss::Failed);
  EXPECT_EQ(outcomes.size(), 6U);
  EXPECT_EQ(small.in_flight(), 0U);
}

TEST_F(DispatcherTest, StartsNothingWhileItEndsAll) {
  constexpr Dispatcher::Limits limits{1, 9, {100, 100}};
  Dispatcher small(loop, limits);
  serve(small, limits);
  for (int i = 0; i < 3; ++i)
    (void)small.submit(request());

  small.end_all(Reason::AgentStopping);

  EXPECT_EQ(workers.started.size(), 1U);
  EXPECT_EQ(outcomes.size(), 3U);
}

TEST_F(DispatcherTest, TimesOutInTheQueue) {
  constexpr Dispatcher::Limits limits{1, 9, {100, 100}};
  Dispatcher small(loop, limits);
  serve(small, limits);
  (void)small.submit(request());
  auto late = request();
  late.timeout = 0ms;
  (void)small.submit(std::move(late));

  pump.until_idle();

  EXPECT_EQ(only_reason(), Reason::HandshakeTimeout);
  EXPECT_EQ(outcomes[0].detail, "it waited behind agent.max_handshakes = 1");
  expect_alert(sockets[1], 90);
  EXPECT_EQ(small.in_flight(), 1U);
}

TEST_F(DispatcherTest, LimitsEachUserButNotTheKernel) {
  constexpr Dispatcher::Limits limits{9, 9, {1, 100}};
  Dispatcher small(loop, limits);
  serve(small, limits);
  auto first = request();
  first.who.uid = 1000;
  auto second = request();
  second.who.uid = 1000;
  const auto id = small.submit(std::move(first));
  (void)small.submit(request());
  (void)small.submit(request());
  EXPECT_TRUE(outcomes.empty());

  (void)small.submit(std::move(second));

  EXPECT_EQ(only_reason(), Reason::Busy);
  EXPECT_EQ(outcomes[0].detail, "agent.max_handshakes_per_uid = 1 for uid 1000");
  small.on_finished({&workers, 0}, finished(id));
  auto third = request();
  third.who.uid = 1000;
  (void)small.submit(std::move(third));
  EXPECT_EQ(workers.started.size(), 4U);
}

TEST_F(DispatcherTest, LimitsEachRemoteAddressWaitingOrNot) {
  constexpr Dispatcher::Limits limits{1, 9, {100, 2}};
  Dispatcher small(loop, limits);
  serve(small, limits);
  (void)small.submit(request());
  const auto waiting = small.submit(request());

  (void)small.submit(request());

  EXPECT_EQ(only_reason(), Reason::Busy);
  EXPECT_EQ(outcomes[0].detail, "agent.max_handshakes_per_address = 2 for 127.0.0.1");
  small.cancel(waiting);
  (void)small.submit(request());
  EXPECT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(small.in_flight(), 2U);
}

TEST_F(DispatcherTest, WantsTheFirstByteWithinTheTimeLimit) {
  auto shorter = request();
  shorter.timeout = 3s;

  (void)dispatcher.submit(std::move(shorter));

  EXPECT_TRUE(workers.started.at(0).request.valid());
  EXPECT_EQ(workers.started[0].request.first_byte_ms, workers.started[0].request.timeout_ms);
}

// Its close_notify or data would be clear text in the middle of somebody's TLS.
TEST_F(DispatcherTest, PutsNoAlertBehindWhatAWorkerHasSent) {
  (void)dispatcher.submit(request());

  dispatcher.on_lost({&workers, 0}, Workers::Loss::Failed);

  EXPECT_EQ(only_reason(), Reason::WorkerDied);
  expect_no_alert(sockets[0]);
  EXPECT_TRUE(is_shut_down(sockets[0]));
}

// The line that says how many more there were comes later.
TEST_F(DispatcherTest, DoesNotLetAFloodFillTheLog) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i)
    (void)dispatcher.submit(request_for(-1));

  const std::string log = testing::internal::GetCapturedStderr();

  const auto lines = static_cast<std::size_t>(std::count(log.begin(), log.end(), '\n'));
  EXPECT_GE(lines, LineLimit::most);
  EXPECT_LE(lines, 10 * LineLimit::most);
  EXPECT_EQ(outcomes.size(), 1000U);
}

} // namespace
} // namespace ktls
