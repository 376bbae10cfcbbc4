// SPDX-License-Identifier: GPL-2.0-or-later
// EventLoop: epoll and timers with closures; one for each process, no threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.hpp"

namespace ktls {

// Destroying it stops the callback; a callback may destroy its own source.
class EventSource {
public:
  EventSource() = default;
  EventSource(EventSource&&) noexcept = default;
  EventSource& operator=(EventSource&& other) noexcept;
  EventSource(const EventSource&) = delete;
  EventSource& operator=(const EventSource&) = delete;
  ~EventSource() { reset(); }

  void reset();
  explicit operator bool() const { return state_ != nullptr; }

private:
  struct State;
  friend class EventLoop;
  friend void set_events(EventSource& source, std::uint32_t events);
  friend void set_enabled(EventSource& source, bool on);
  explicit EventSource(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

class EventLoop {
public:
  using Clock = std::chrono::steady_clock;

  static Result<EventLoop> create();

  // `events` are those of epoll(7), level-triggered. `fd` stays the caller's and must outlive the
  // source.
  Result<EventSource> on_io(int fd, std::uint32_t events, std::function<void(std::uint32_t)> call);
  // Once, not before `when`.
  Result<EventSource> on_time(Clock::time_point when, std::function<void()> call);
  // The signal is blocked for the process and delivered here.
  Result<EventSource> on_signal(int number, std::function<void()> call);

  // The time of this turn, which is asked for once in it: for deadlines.
  [[nodiscard]] Clock::time_point now();
  // The time of this turn, from somebody who asked a moment ago.
  void set_now(Clock::time_point now);

  // The same of the time of day.
  [[nodiscard]] std::chrono::system_clock::time_point wall_clock();

  // Runs until exit(); returns exit()'s status.
  Result<int> run();
  void exit(int status);

  // For tests: at most one callback, waited for at most this long; false when there was none.
  Result<bool> run_once(std::chrono::milliseconds limit);
  // What exit() was called with.
  [[nodiscard]] std::optional<int> exit_status() const;

private:
  struct Core;
  friend class EventSource;
  explicit EventLoop(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  std::shared_ptr<Core> core_; // the sources' as well
};

// Replaces the events that an on_io() source waits for.
void set_events(EventSource& source, std::uint32_t events);
// An on_io() source that is off is not waited for; each is on at first.
void set_enabled(EventSource& source, bool on);

} // namespace ktls
