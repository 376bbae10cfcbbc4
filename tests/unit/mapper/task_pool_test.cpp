// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/task_pool.hpp"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace ktls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TaskPoolTest : public testing::Test {
protected:
  static constexpr std::size_t threads = 2;
  static constexpr std::size_t max_waiting = 3;

  // A task that hangs until let_go().
  bool run_hanging(EventLoop::Clock::duration time) {
    return pool->run<int>(
        EventLoop::Clock::now() + time,
        [future = released] {
          future.wait();
          return 1;
        },
        [this](std::optional<int> value) { results.push_back(value); });
  }
  bool run_quick(int value) {
    return pool->run<int>(
        EventLoop::Clock::now() + seconds(10), [value] { return value; },
        [this](std::optional<int> got) { results.push_back(got); });
  }
  void wait_for_results(std::size_t count) {
    while (results.size() < count)
      ASSERT_TRUE(loop.run_once(seconds(10)).value());
  }
  void let_go() { release.set_value(); }

  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  EventLoop loop = EventLoop::create().value();
  std::unique_ptr<TaskPool> pool = TaskPool::create(loop, threads, max_waiting).value();
  std::vector<std::optional<int>> results;
};

TEST_F(TaskPoolTest, GivesTheResultToTheLoop) {
  ASSERT_TRUE(run_quick(7));

  wait_for_results(1);

  EXPECT_EQ(results[0], 7);
  let_go();
}

TEST_F(TaskPoolTest, EndsATaskThatHangsAtItsDeadline) {
  ASSERT_TRUE(run_hanging(milliseconds(10)));

  wait_for_results(1);

  EXPECT_EQ(results[0], std::nullopt);
  ASSERT_TRUE(run_quick(7)); // the other thread is free
  wait_for_results(2);
  EXPECT_EQ(results[1], 7);
  let_go();
}

TEST_F(TaskPoolTest, TakesNoMoreWhenAllThreadsHang) {
  for (std::size_t i = 0; i < threads; ++i)
    ASSERT_TRUE(run_hanging(milliseconds(10)));
  wait_for_results(threads);

  EXPECT_FALSE(run_quick(7));

  let_go();
  // a thread that comes back is as good as new, and its late result is nobody's
  while (!run_quick(7))
    (void)loop.run_once(milliseconds(10));
  wait_for_results(threads + 1);
  EXPECT_EQ(results.back(), 7);
  EXPECT_EQ(results.size(), threads + 1);
}

TEST_F(TaskPoolTest, LetsOnlySoManyWait) {
  // nobody knows when the threads take the first ones
  std::size_t taken = 0;
  while (taken < threads + max_waiting + 1 && run_hanging(seconds(10)))
    ++taken;

  EXPECT_LE(taken, threads + max_waiting);
  EXPECT_GE(taken, max_waiting);
  let_go();
  wait_for_results(taken);
}

TEST_F(TaskPoolTest, DropsWhatWaitedBeyondItsDeadline) {
  for (std::size_t i = 0; i < threads; ++i)
    ASSERT_TRUE(run_hanging(seconds(10)));
  bool called = false;
  ASSERT_TRUE(pool->run<int>(
      EventLoop::Clock::now() + milliseconds(30),
      [&called] {
        called = true;
        return 1;
      },
      [this](std::optional<int> value) { results.push_back(value); }));

  wait_for_results(1);
  let_go();
  wait_for_results(threads + 1);

  EXPECT_EQ(results[0], std::nullopt);
  EXPECT_FALSE(called);
}

} // namespace
} // namespace ktls
