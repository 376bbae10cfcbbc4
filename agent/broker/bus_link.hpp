// SPDX-License-Identifier: GPL-2.0-or-later
// BusLink: a connection to the system bus, made again whenever it is lost. The agent works without.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/backoff.hpp"
#include "base/event_loop.hpp"
#include "bus/opening.hpp"

namespace ktls {

class BusLink {
public:
  using Clock = EventLoop::Clock;
  struct Handlers {
    // On another thread, as Opening has it: what else waits for the bus.
    bus::Opening::SetUp set_up;
    // There is one from now on.
    std::function<void(bus::Connection&)> connected;
    // It is of no use any more, and may be what calls this.
    std::function<void()> lost;
  };

  // `without`: what there is not while there is no bus, for the log. `loop` must outlive it.
  BusLink(EventLoop& loop, std::string without, Handlers handlers)
      : loop_(loop), without_(std::move(without)), handlers_(std::move(handlers)) {}
  void start() { connect(); }
  // Null: there is none.
  [[nodiscard]] bus::Connection* connection() { return usable_ ? connection_.get() : nullptr; }
  // Why there is none.
  [[nodiscard]] const std::string& missing() const { return missing_; }

private:
  void connect();
  void connect_at(Clock::time_point when);
  void on_opened(Result<std::unique_ptr<bus::Connection>> opened);
  void on_lost();

  EventLoop& loop_;
  std::string without_;
  Handlers handlers_;
  Backoff backoff_;
  Clock::time_point began_;
  EventSource again_;
  bool warned_ = false;
  std::string missing_ = "the system bus has not been reached yet";
  std::unique_ptr<bus::Opening> opening_;
  bool usable_ = false;
  std::unique_ptr<bus::Connection> connection_;
};

} // namespace ktls
