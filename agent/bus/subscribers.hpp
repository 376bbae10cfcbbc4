// SPDX-License-Identifier: GPL-2.0-or-later
// Subscribers: who gets the agent's signals, and how many of them. The bus keeps for a while what a
// subscriber does not read, so what is sent to each is bound by time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "bus/agent1.hpp"
#include "bus/token_bucket.hpp"

namespace ktls::bus {

class Subscribers {
public:
  using Clock = std::chrono::steady_clock;
  struct Rate {
    double burst = 1000;
    double per_second = 200;
    double resume = 20; // so many must be possible before signals go on, once some were dropped
  };
  // Puts a signal for `subscriber` into the connection. False: that was not possible.
  using Deliver = std::function<bool(const std::string& subscriber)>;
  using TellDropped = std::function<bool(const std::string& subscriber, std::uint64_t count)>;

  Subscribers(Rate rate, TellDropped tell_dropped)
      : rate_(rate), tell_dropped_(std::move(tell_dropped)) {}

  // False: there are max_subscribers others.
  bool add(const std::string& subscriber, Clock::time_point now);
  void remove(const std::string& subscriber) { all_.erase(subscriber); }
  [[nodiscard]] bool empty() const { return all_.empty(); }

  // One signal to each.
  void send(Clock::time_point now, const Deliver& deliver);
  // Tells those for whom signals can go on how many were dropped.
  void settle(Clock::time_point now);
  // When settle() has something to do; none: there is nobody to be told.
  [[nodiscard]] std::optional<Clock::time_point> settle_at() const;

private:
  struct Subscriber {
    TokenBucket bucket;
    std::uint64_t dropped = 0;
  };
  // Whether signals can go on.
  bool settle(const std::string& name, Subscriber& subscriber, Clock::time_point now);

  Rate rate_;
  TellDropped tell_dropped_;
  std::map<std::string, Subscriber> all_;
};

} // namespace ktls::bus
