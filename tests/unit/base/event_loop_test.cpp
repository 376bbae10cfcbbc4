// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/event_loop.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>

#include <csignal>
#include <vector>

#include "support/pump.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;
using Clock = EventLoop::Clock;

class EventLoopTest : public testing::Test {
protected:
  void make_readable() { ASSERT_EQ(::send(sockets.peers.get(), "x", 1, 0), 1); }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  test::Pair sockets = test::unix_pair();
  int calls = 0;
};

TEST_F(EventLoopTest, RunsUntilItExits) {
  const auto source = loop.on_time(Clock::now(), [this] { loop.exit(3); });

  EXPECT_EQ(loop.run(), 3);
}

TEST_F(EventLoopTest, CallsWhenADescriptorIsReady) {
  std::uint32_t seen = 0;
  const auto source =
      loop.on_io(sockets.ours.get(), EPOLLIN, [&](std::uint32_t events) { seen = events; });
  pump.until_idle();
  EXPECT_EQ(seen, 0U);

  make_readable();
  (void)pump.once();

  EXPECT_EQ(seen, static_cast<std::uint32_t>(EPOLLIN));
}

TEST_F(EventLoopTest, CallsAgainWhileADescriptorIsReady) {
  const auto source = loop.on_io(sockets.ours.get(), EPOLLIN, [this](std::uint32_t) { ++calls; });
  make_readable();

  (void)pump.once();
  (void)pump.once();

  EXPECT_EQ(calls, 2);
}

TEST_F(EventLoopTest, WaitsForOtherEventsWhenTold) {
  auto source = loop.on_io(sockets.ours.get(), EPOLLIN, [this](std::uint32_t) { ++calls; }).value();
  make_readable();

  set_events(source, 0);
  pump.until_idle();
  EXPECT_EQ(calls, 0);

  set_events(source, EPOLLOUT);
  (void)pump.once();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, CallsOnceAtItsTime) {
  const auto due = loop.on_time(Clock::now(), [this] { ++calls; });
  const auto past = loop.on_time(Clock::now() - 1h, [this] { ++calls; });
  const auto later = loop.on_time(Clock::now() + 1h, [this] { calls += 100; });

  pump.until_idle();

  EXPECT_EQ(calls, 2);
}

TEST_F(EventLoopTest, WaitsForItsTime) {
  const auto when = Clock::now() + 1ms;
  const auto source = loop.on_time(when, [this] { ++calls; });

  pump.until([this] { return calls > 0; });

  EXPECT_GE(Clock::now(), when);
}

TEST_F(EventLoopTest, RunsTimersInTheirOrder) {
  std::vector<int> order;
  const auto begin = Clock::now();
  const auto last = loop.on_time(begin + 3ms, [this] { loop.exit(0); });
  const auto second = loop.on_time(begin + 2ms, [&] { order.push_back(2); });
  EventSource added;
  const auto first = loop.on_time(begin + 1ms, [&] {
    order.push_back(1);
    added = loop.on_time(begin, [&] { order.push_back(0); }).value();
  });

  EXPECT_EQ(loop.run(), 0);

  EXPECT_EQ(order.size(), 3U);
  EXPECT_EQ(order.front(), 1);
  EXPECT_GE(Clock::now(), begin + 3ms);
}

TEST_F(EventLoopTest, WaitsOnBehindATimerThatWentAway) {
  auto gone = loop.on_time(Clock::now() + 1ms, [this] { ++calls; }).value();
  const auto when = Clock::now() + 3ms;
  const auto source = loop.on_time(when, [this] { loop.exit(0); });
  (void)loop.run_once(0ms);

  gone.reset();

  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(calls, 0);
  EXPECT_GE(Clock::now(), when);
}

TEST_F(EventLoopTest, TakesATimeBeforeTheBoot) {
  const auto source = loop.on_time(Clock::time_point::min(), [this] { loop.exit(0); });

  EXPECT_EQ(loop.run(), 0);
}

TEST_F(EventLoopTest, IgnoresADescriptorThatIsOff) {
  auto source = loop.on_io(sockets.ours.get(), EPOLLIN, [this](std::uint32_t) { ++calls; }).value();
  sockets.peers.reset(); // a hang-up is reported whatever was asked for

  set_enabled(source, false);
  pump.until_idle();
  EXPECT_EQ(calls, 0);

  set_enabled(source, true);
  (void)pump.once();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, CallsNobodyWhomAnEarlierCallOfTheSameTurnHasStopped) {
  EventSource ours;
  EventSource peers;
  const auto stop_all = [&](std::uint32_t) {
    ++calls;
    ours.reset();
    peers.reset();
  };
  ours = loop.on_io(sockets.ours.get(), EPOLLIN, stop_all).value();
  peers = loop.on_io(sockets.peers.get(), EPOLLIN, stop_all).value();
  make_readable();
  ASSERT_EQ(::send(sockets.ours.get(), "x", 1, 0), 1);

  pump.until_idle();

  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, CallsNobodyWhoWaitsForSomethingElseMeanwhile) {
  EventSource ours;
  EventSource peers;
  const auto pause_all = [&](std::uint32_t) {
    ++calls;
    set_events(ours, 0);
    set_enabled(peers, false);
  };
  ours = loop.on_io(sockets.ours.get(), EPOLLIN, pause_all).value();
  peers = loop.on_io(sockets.peers.get(), EPOLLIN, pause_all).value();
  make_readable();
  ASSERT_EQ(::send(sockets.ours.get(), "x", 1, 0), 1);

  pump.until_idle();

  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, SourcesMayOutliveIt) {
  auto other = std::make_unique<EventLoop>(EventLoop::create().value());
  auto io = other->on_io(sockets.ours.get(), EPOLLIN, [](std::uint32_t) {}).value();
  auto timer = other->on_time(Clock::now(), [] {}).value();

  other.reset();

  set_events(io, EPOLLOUT);
  io.reset();
  timer.reset();
}

TEST_F(EventLoopTest, StopsWhenTheSourceGoes) {
  auto io = loop.on_io(sockets.ours.get(), EPOLLIN, [this](std::uint32_t) { ++calls; }).value();
  auto timer = loop.on_time(Clock::now(), [this] { ++calls; }).value();
  make_readable();

  io.reset();
  timer.reset();
  pump.until_idle();

  EXPECT_EQ(calls, 0);
}

TEST_F(EventLoopTest, ACallMayDropItsOwnSource) {
  EventSource io;
  EventSource timer;
  const std::string captured(1000, 'x');
  std::string seen;
  io = loop.on_io(sockets.ours.get(), EPOLLIN,
                  [&, captured](std::uint32_t) {
                    io.reset();
                    seen += captured;
                  })
           .value();
  timer = loop.on_time(Clock::now(),
                       [&, captured] {
                         timer.reset();
                         seen += captured;
                       })
              .value();
  make_readable();

  pump.until_idle();

  EXPECT_EQ(seen, captured + captured);
}

TEST_F(EventLoopTest, ACallMayReplaceItsOwnSource) {
  EventSource timer;
  const std::function<void()> again = [&] {
    if (++calls < 3)
      timer = loop.on_time(Clock::now(), again).value();
  };
  timer = loop.on_time(Clock::now(), again).value();

  pump.until_idle();

  EXPECT_EQ(calls, 3);
}

TEST_F(EventLoopTest, FreesWhatACallHolds) {
  const auto held = std::make_shared<int>(1);
  auto source = loop.on_time(Clock::now() + 1h, [held] {}).value();
  EXPECT_EQ(held.use_count(), 2);

  source.reset();

  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(EventLoopTest, DeliversSignals) {
  const auto source = loop.on_signal(SIGUSR2, [this] { ++calls; });

  ASSERT_EQ(::raise(SIGUSR2), 0);
  EXPECT_EQ(calls, 0) << "blocked until the loop has its turn";
  pump.until_idle();

  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, TellsTheTimeOfDay) {
  const auto before = std::chrono::system_clock::now();
  const auto first = loop.wall_clock();
  EXPECT_GE(first, before);
  EXPECT_LE(first, std::chrono::system_clock::now());
  EXPECT_EQ(loop.wall_clock(), first) << "one for each turn";

  pump.until_idle();

  EXPECT_GT(loop.wall_clock(), first);
}

TEST_F(EventLoopTest, RefusesDescriptorsThatCannotBeWatched) {
  const Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const auto held = std::make_shared<int>(1);

  EXPECT_FALSE(loop.on_io(file.get(), EPOLLIN, [held](std::uint32_t) {}));
  EXPECT_FALSE(loop.on_io(-1, EPOLLIN, [held](std::uint32_t) {}));

  EXPECT_EQ(held.use_count(), 1);
}

} // namespace
} // namespace ktls
