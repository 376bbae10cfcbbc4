// SPDX-License-Identifier: GPL-2.0-or-later
// TaskPool: some threads for calls that may hang, so that the event loop never does.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/event_loop.hpp"
#include "base/result.hpp"

namespace ktls {

// A call that hangs keeps its thread; its task ends at its deadline all the same. When all threads
// are kept like that, or too many tasks wait, no more are taken.
class TaskPool {
public:
  using Clock = EventLoop::Clock;

  static Result<std::unique_ptr<TaskPool>> create(EventLoop& loop, std::size_t threads,
                                                  std::size_t max_waiting);
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;
  // Threads that hang are left behind: nothing of this process may be needed by them, and it is to
  // end with _exit(2).
  ~TaskPool();

  // `work` is called in one of the threads, where it may use only what it owns or is immutable;
  // then `done` in the loop, with what it returned, or with none when the deadline came first.
  // False: there is no room, and neither is called.
  template<class Value>
  [[nodiscard]] bool run(Clock::time_point deadline, std::function<Value()> work,
                         std::function<void(std::optional<Value>)> done) {
    auto value = std::make_shared<std::optional<Value>>();
    return submit(
        deadline, [value, work = std::move(work)] { *value = work(); },
        [value, done = std::move(done)](bool in_time) {
          done(in_time ? std::move(*value) : std::nullopt);
        });
  }

private:
  using Id = std::uint64_t;
  struct Shared;
  struct Task {
    std::function<void(bool in_time)> done;
    EventSource deadline;
  };

  TaskPool(EventLoop& loop, std::shared_ptr<Shared> shared, std::size_t threads)
      : loop_(loop), shared_(std::move(shared)), threads_(threads) {}
  bool submit(Clock::time_point deadline, std::function<void()> work,
              std::function<void(bool)> done);
  void on_finished();
  void on_deadline(Id id);

  EventLoop& loop_;
  std::shared_ptr<Shared> shared_; // with the threads
  std::size_t threads_;
  std::size_t hanging_ = 0; // threads in a task that is past its deadline
  Id last_id_ = 0;
  std::unordered_map<Id, Task> tasks_;
  EventSource finished_;
};

} // namespace ktls
