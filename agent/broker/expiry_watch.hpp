// SPDX-License-Identifier: GPL-2.0-or-later
// ExpiryWatch: says ahead, in the log, that a certificate of ours is about to expire.
#pragma once

#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/snapshot.hpp"

namespace ktls {

// How near it is; what comes later is more urgent.
enum class Expiry { Far, Month, Week, Day, Over };

// Month: 30 days and less. Pure.
[[nodiscard]] Expiry expiry_of(std::time_t not_after, std::time_t now);
// "expires in 6 days, on 2026-12-01 10:00 UTC", or that it has expired. Pure.
[[nodiscard]] std::string describe_expiry(std::time_t not_after, std::time_t now);

class ExpiryWatch {
public:
  static constexpr std::chrono::hours interval{1};

  // `loop` must outlive it.
  explicit ExpiryWatch(EventLoop& loop) : loop_(loop) {}

  // From here on these are watched. What was said of one that is still there is not said again.
  void watch(std::vector<OwnCertificate> certificates);

private:
  void look();

  EventLoop& loop_;
  std::vector<OwnCertificate> certificates_;
  std::map<std::pair<std::string, std::time_t>, Expiry> said_; // by path and end
  EventSource timer_;
};

} // namespace ktls
