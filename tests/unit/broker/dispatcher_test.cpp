// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/dispatcher.hpp"

#include <gtest/gtest.h>

#include "broker/dispatcher_case.hpp"

namespace ktls {
namespace {

using test::client_profile;
using test::DispatcherTest;
using test::is_shut_down;
using test::server_profile;

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
  EXPECT_EQ(dispatcher.lost_workers(), 1U);
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

// Its close_notify or data would be clear text in the middle of somebody's TLS.
TEST_F(DispatcherTest, PutsNoAlertBehindWhatAWorkerHasSent) {
  (void)dispatcher.submit(request());

  dispatcher.on_lost({&workers, 0}, Workers::Loss::Failed);

  EXPECT_EQ(only_reason(), Reason::WorkerDied);
  expect_no_alert(sockets[0]);
  EXPECT_TRUE(is_shut_down(sockets[0]));
}

} // namespace
} // namespace ktls
