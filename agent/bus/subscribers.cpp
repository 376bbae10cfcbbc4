// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/subscribers.hpp"

#include <algorithm>

namespace ktls::bus {

bool Subscribers::add(const std::string& subscriber, Clock::time_point now) {
  if (all_.contains(subscriber))
    return true;
  if (all_.size() >= max_subscribers)
    return false;
  all_.emplace(subscriber, Subscriber{TokenBucket(rate_.burst, rate_.per_second, now)});
  return true;
}

bool Subscribers::settle(const std::string& name, Subscriber& subscriber, Clock::time_point now) {
  if (subscriber.dropped == 0)
    return true;
  if (!subscriber.bucket.has(rate_.resume, now) || !tell_dropped_(name, subscriber.dropped))
    return false;
  subscriber.dropped = 0;
  return subscriber.bucket.take(now);
}

void Subscribers::send(Clock::time_point now, const Deliver& deliver) {
  for (auto& [name, subscriber] : all_) {
    if (!settle(name, subscriber, now) || !subscriber.bucket.take(now) || !deliver(name))
      ++subscriber.dropped;
  }
}

void Subscribers::settle(Clock::time_point now) {
  for (auto& [name, subscriber] : all_)
    settle(name, subscriber, now);
}

std::optional<Subscribers::Clock::time_point> Subscribers::settle_at() const {
  std::optional<Clock::time_point> earliest;
  for (const auto& [name, subscriber] : all_) {
    if (subscriber.dropped == 0)
      continue;
    const auto at = subscriber.bucket.time_of(rate_.resume);
    earliest = earliest ? std::min(*earliest, at) : at;
  }
  return earliest;
}

} // namespace ktls::bus
