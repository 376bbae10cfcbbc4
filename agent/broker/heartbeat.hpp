// SPDX-License-Identifier: GPL-2.0-or-later
// Heartbeat: is a process asked now and then whether it still answers, and has it answered?
#pragma once

#include <functional>

#include "base/event_loop.hpp"

namespace ktls {

class Heartbeat {
public:
  // `ask` asks the process; `lost` is called once when it has not answered for a whole `interval`,
  // and may destroy the heartbeat.
  Heartbeat(EventLoop& loop, std::chrono::milliseconds interval, std::function<void()> ask,
            std::function<void()> lost)
      : loop_(loop), interval_(interval), ask_(std::move(ask)), lost_(std::move(lost)) {}
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  ~Heartbeat() = default;

  // Something depends on the process: it is asked in an interval from now. Without this it is left
  // alone; that it is asked already is no reason to ask again.
  void needed() {
    if (!timer_)
      schedule([this] { ask(); });
  }
  void answered() { timer_.reset(); }

private:
  void ask() {
    schedule([this] {
      timer_.reset();
      const auto lost = std::move(lost_);
      lost();
    });
    ask_();
  }
  void schedule(std::function<void()> call) {
    auto timer = loop_.on_time(loop_.now() + interval_, std::move(call));
    check(timer.has_value(), "a timer can be set");
    timer_ = std::move(*timer);
  }

  EventLoop& loop_;
  std::chrono::milliseconds interval_;
  std::function<void()> ask_;
  std::function<void()> lost_;
  EventSource timer_; // until it is asked, or until it must have answered
};

} // namespace ktls
