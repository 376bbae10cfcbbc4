// SPDX-License-Identifier: GPL-2.0-or-later
// What waits, what is too much, and what takes too long.
#include "broker/dispatcher.hpp"

#include <gtest/gtest.h>

#include "broker/dispatcher_case.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;
using test::DispatcherTest;
using test::is_shut_down;

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
