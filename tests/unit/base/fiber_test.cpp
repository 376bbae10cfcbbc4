// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/fiber.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ktls {
namespace {

class FiberTest : public testing::Test {
protected:
  Fiber::Call note(const char* what) {
    return [this, what] { events.emplace_back(what); };
  }
  Fibers fibers;
  std::vector<std::string> events;
};

using Events = std::vector<std::string>;

TEST_F(FiberTest, RunsToTheEnd) {
  Fiber fiber(fibers);

  ASSERT_TRUE(fiber.start(note("body"), note("done")));

  EXPECT_EQ(events, (Events{"body", "done"}));
  EXPECT_FALSE(fiber.suspended());
}

TEST_F(FiberTest, WaitsUntilItIsResumed) {
  Fiber fiber(fibers);
  const auto body = [&] {
    events.emplace_back("waits");
    events.emplace_back(fiber.suspend() == Fiber::Woken::Resumed ? "resumed" : "cancelled");
  };

  ASSERT_TRUE(fiber.start(body, note("done")));
  EXPECT_TRUE(fiber.suspended());
  events.emplace_back("elsewhere");
  fiber.resume();

  EXPECT_EQ(events, (Events{"waits", "elsewhere", "resumed", "done"}));
  EXPECT_FALSE(fiber.suspended());
}

TEST_F(FiberTest, EndsAtOnceWhenItIsCancelled) {
  Fiber fiber(fibers);
  const auto body = [&] {
    for (int i = 0; i < 3; ++i)
      events.emplace_back(fiber.suspend() == Fiber::Woken::Resumed ? "resumed" : "cancelled");
  };

  ASSERT_TRUE(fiber.start(body, note("done")));
  fiber.resume();
  fiber.cancel();

  EXPECT_EQ(events, (Events{"resumed", "cancelled", "cancelled", "done"}));
}

TEST_F(FiberTest, IsCancelledWhenItIsDestroyed) {
  auto fiber = std::make_unique<Fiber>(fibers);
  ASSERT_TRUE(fiber->start(
      [&] {
        (void)fiber->suspend();
        events.emplace_back("unwound");
      },
      note("done")));

  fiber.reset();

  EXPECT_EQ(events, Events{"unwound"});
}

TEST_F(FiberTest, MayBeDestroyedWhenItIsDone) {
  auto fiber = std::make_unique<Fiber>(fibers);

  ASSERT_TRUE(fiber->start([] {}, [&] { fiber.reset(); }));

  EXPECT_EQ(fiber, nullptr);
}

TEST_F(FiberTest, MayStartAgainWhenItIsDone) {
  Fiber fiber(fibers);
  const auto again = [&] { ASSERT_TRUE(fiber.start(note("second"), note("done"))); };

  ASSERT_TRUE(fiber.start(note("first"), again));

  EXPECT_EQ(events, (Events{"first", "second", "done"}));
}

TEST_F(FiberTest, IsTheCurrentOneWhileItRuns) {
  Fiber fiber(fibers);
  Fiber* seen = nullptr;
  Fiber* seen_when_done = &fiber;

  ASSERT_TRUE(
      fiber.start([&] { seen = fibers.current(); }, [&] { seen_when_done = fibers.current(); }));

  EXPECT_EQ(seen, &fiber);
  EXPECT_EQ(seen_when_done, nullptr);
  EXPECT_EQ(fibers.current(), nullptr);
}

// More than are kept, each with something of its own on its stack.
TEST_F(FiberTest, TakesTurnsWithManyOthers) {
  constexpr std::size_t count = 200;
  constexpr int rounds = 5;
  std::vector<std::unique_ptr<Fiber>> many;
  std::size_t sound = 0;
  std::size_t done = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto& fiber = *many.emplace_back(std::make_unique<Fiber>(fibers));
    const auto body = [&fiber, &sound, i] {
      std::array<std::size_t, 512> mine{};
      mine.fill(i);
      for (int round = 0; round < rounds; ++round)
        (void)fiber.suspend();
      sound += std::count(mine.begin(), mine.end(), i) == 512 ? 1 : 0;
    };
    ASSERT_TRUE(fiber.start(body, [&done] { ++done; }));
  }

  for (int round = 0; round < rounds; ++round) {
    EXPECT_EQ(done, 0U);
    for (auto& fiber : many)
      fiber->resume();
  }

  EXPECT_EQ(done, count);
  EXPECT_EQ(sound, count);
}

TEST_F(FiberTest, LeavesNothingForTheNextOne) {
  constexpr std::size_t size = 32UL * 1024;
  Fiber fiber(fibers);
  const std::byte* where = nullptr;
  ASSERT_TRUE(fiber.start(
      [&] {
        std::array<std::byte, size> secret{};
        std::memset(secret.data(), 0x5a, size);
        where = secret.data();
        __asm__ volatile("" : : "r"(secret.data()) : "memory"); // it is really written
      },
      [] {}));

  // the stack is kept, and wiped
  EXPECT_TRUE(std::all_of(where, where + size, [](std::byte b) { return b == std::byte{0}; }));
}

TEST_F(FiberTest, HasRoomOnItsStack) {
  constexpr std::size_t size = Fibers::stack_size - 16UL * 1024;
  Fiber fiber(fibers);
  std::size_t seen = 0;
  const auto body = [&] {
    std::array<char, size> large{};
    std::memset(large.data(), 1, size);
    seen = static_cast<std::size_t>(std::count(large.begin(), large.end(), 1));
  };

  ASSERT_TRUE(fiber.start(body, [] {}));

  EXPECT_EQ(seen, size);
}

TEST_F(FiberTest, SaysThatThereIsNoMemory) {
  Fiber fiber(fibers);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &before), 0);
  const rlimit none{1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &none), 0);

  const auto started = fiber.start(note("body"), note("done"));
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &before), 0);

  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, std::errc::not_enough_memory);
  EXPECT_TRUE(events.empty());
  EXPECT_TRUE(fiber.start(note("body"), note("done"))) << "later it may do";
}

// Each call has a frame of its own, which the next one lies below.
int use_stack(int depth) {
  std::array<volatile char, 512> frame{};
  frame.at(0) = static_cast<char>(depth);
  return depth == 0 ? frame.at(0) : use_stack(depth - 1) + frame.at(1);
}

using FiberDeathTest = FiberTest;

TEST_F(FiberDeathTest, EndsTheProcessWhenItsStackIsTooSmall) {
  Fiber fiber(fibers);

  EXPECT_DEATH((void)fiber.start([] { (void)use_stack(100'000); }, [] {}), "");
  // far below, as with a large array of which only the end is used
  const auto body = [] {
    auto* here = static_cast<volatile char*>(__builtin_frame_address(0));
    *(here - Fibers::stack_size - Fibers::guard_size / 2) = 1;
  };
  EXPECT_DEATH((void)fiber.start(body, [] {}), "");
}

TEST_F(FiberDeathTest, EndsTheProcessWhenItIsUsedWrongly) {
  Fiber fiber(fibers);
  Fiber other(fibers);

  EXPECT_DEATH(fiber.resume(), "suspended");
  EXPECT_DEATH((void)fiber.suspend(), "suspends itself");
  EXPECT_DEATH((void)fiber.start([&] { (void)other.start([] {}, [] {}); }, [] {}), "outside");
}

} // namespace
} // namespace ktls
