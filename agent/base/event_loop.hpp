// SPDX-License-Identifier: GPL-2.0-or-later
// EventLoop: sd-event with closures; one for each process, no threads.
#pragma once

#include <systemd/sd-event.h>

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/handle.hpp"
#include "base/result.hpp"

namespace ktls {

// Destroying it stops the callback; a callback may destroy its own source.
using EventSource = Handle<sd_event_source, sd_event_source_disable_unref>;

class EventLoop {
public:
  using Clock = std::chrono::steady_clock;

  static Result<EventLoop> create();

  // `events` are those of epoll(7), level-triggered. `fd` stays the caller's and must outlive the
  // source.
  Result<EventSource> on_io(int fd, std::uint32_t events, std::function<void(std::uint32_t)> call);
  // Once, at `when` or up to 10 ms later.
  Result<EventSource> on_time(Clock::time_point when, std::function<void()> call);
  // The signal is blocked for the process and delivered here.
  Result<EventSource> on_signal(int number, std::function<void()> call);

  // Runs until exit(); returns exit()'s status.
  Result<int> run();
  void exit(int status);

private:
  explicit EventLoop(sd_event* event) : event_(event) {}

  Handle<sd_event, sd_event_unref> event_;
};

// Replaces the events that an on_io() source waits for.
void set_events(EventSource& source, std::uint32_t events);
// A source that is off is not waited for; each is on at first.
void set_enabled(EventSource& source, bool on);

} // namespace ktls
