// SPDX-License-Identifier: GPL-2.0-or-later
// Suspects: remote networks whose handshakes were in processes that ended. Whoever found an input
// that ends a worker would otherwise end everybody's handshakes with it, again and again.
#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/remote_network.hpp"

namespace ktls {

class Suspects {
public:
  using Time = EventLoop::Clock::time_point;

  // The blame for a worker's end is shared by its handshakes, since nobody knows whose it was: he
  // who keeps ending workers gets most of it, and those who happened to be there little.
  static constexpr double most_blame = 3;
  // So long after the last time it is forgotten.
  static constexpr std::chrono::seconds memory{60};
  // With as many, only those are remembered.
  static constexpr std::size_t max_networks = 1024;

  // `theirs`: those of the worker's handshakes, each as often as it had one.
  void blame(const std::vector<RemoteNetwork>& theirs, Time now);
  [[nodiscard]] bool are_refused(const RemoteNetwork& network, Time now) const;

private:
  struct Entry {
    double blame = 0;
    Time last{};
  };
  std::map<RemoteNetwork, Entry> networks_;
};

} // namespace ktls
