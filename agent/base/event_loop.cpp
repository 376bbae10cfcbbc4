// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/event_loop.hpp"

#include <algorithm>
#include <csignal>
#include <memory>

namespace ktls {
namespace {

// sd-event keeps a source alive while it dispatches it, and calls the destroy callback only then:
// a closure may thus drop its own source and still use its captures.
template<class Call>
Result<EventSource> own(int status, sd_event_source* source, std::unique_ptr<Call> call,
                        const char* what) {
  if (status < 0)
    return errno_error(what, -status);
  (void)sd_event_source_set_destroy_callback(source,
                                             [](void* data) { delete static_cast<Call*>(data); });
  (void)call.release(); // the source's now
  return EventSource(source);
}

using IoCall = std::function<void(std::uint32_t)>;
using PlainCall = std::function<void()>;

} // namespace

Result<EventLoop> EventLoop::create() {
  sd_event* event = nullptr;
  const int status = sd_event_new(&event);
  if (status < 0)
    return errno_error("creating the event loop", -status);
  return EventLoop(event);
}

Result<EventSource> EventLoop::on_io(int fd, std::uint32_t events, IoCall call) {
  auto owned = std::make_unique<IoCall>(std::move(call));
  sd_event_source* source = nullptr;
  const int status = sd_event_add_io(
      event_.get(), &source, fd, events,
      [](sd_event_source*, int, std::uint32_t revents, void* data) {
        (*static_cast<IoCall*>(data))(revents);
        return 0;
      },
      owned.get());
  return own(status, source, std::move(owned), "watching a descriptor");
}

Result<EventSource> EventLoop::on_time(Clock::time_point when, PlainCall call) {
  constexpr std::uint64_t accuracy_us = 10'000;
  // a time before the boot is past like any other
  const auto since_boot =
      std::max(std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()), {});
  auto owned = std::make_unique<PlainCall>(std::move(call));
  sd_event_source* source = nullptr;
  const int status = sd_event_add_time(
      event_.get(), &source, CLOCK_MONOTONIC, static_cast<std::uint64_t>(since_boot.count()),
      accuracy_us,
      [](sd_event_source*, std::uint64_t, void* data) {
        (*static_cast<PlainCall*>(data))();
        return 0;
      },
      owned.get());
  return own(status, source, std::move(owned), "setting a timer");
}

Result<EventSource> EventLoop::on_signal(int number, PlainCall call) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  if (sigprocmask(SIG_BLOCK, &set, nullptr) < 0)
    return errno_error("blocking a signal");
  auto owned = std::make_unique<PlainCall>(std::move(call));
  sd_event_source* source = nullptr;
  const int status = sd_event_add_signal(
      event_.get(), &source, number,
      [](sd_event_source*, const signalfd_siginfo*, void* data) {
        (*static_cast<PlainCall*>(data))();
        return 0;
      },
      owned.get());
  return own(status, source, std::move(owned), "watching a signal");
}

Result<int> EventLoop::run() {
  const int status = sd_event_loop(event_.get());
  if (status < 0)
    return errno_error("running the event loop", -status);
  return status;
}

void EventLoop::exit(int status) {
  (void)sd_event_exit(event_.get(), status);
}

void set_events(EventSource& source, std::uint32_t events) {
  check(sd_event_source_set_io_events(source.get(), events) >= 0, "event source takes events");
}

void set_enabled(EventSource& source, bool on) {
  check(sd_event_source_set_enabled(source.get(), on ? SD_EVENT_ON : SD_EVENT_OFF) >= 0,
        "event source can be turned on and off");
}

} // namespace ktls
