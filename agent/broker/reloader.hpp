// SPDX-License-Identifier: GPL-2.0-or-later
// Reloader: reads the configuration anew when told to, and has it put in force if it is sound.
#pragma once

#include <functional>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/generations.hpp"

namespace ktls {

class Reloader {
public:
  using Done = Generations::Done;

  // What is needed for a policy, and is not there: unmet_needs().
  using Unmet = std::function<policy::Problems(const policy::Policy&)>;

  // `on_change` is called with what has come into force. All references must outlive it.
  Reloader(EventLoop& loop, Generations& generations, ConfigurationSource source,
           KernelSuites suites, Unmet unmet, std::function<void(const Configuration&)> on_change);

  // What is asked for while it is under way is done once more behind it, and once for all who
  // asked. `done` is called when it is over, perhaps before this returns.
  void reload(Done done);

private:
  void begin();
  void finish(const std::vector<Done>& whose, const policy::Problems& problems);

  EventLoop& loop_;
  Generations& generations_;
  ConfigurationSource source_;
  KernelSuites suites_;
  Unmet unmet_;
  std::function<void(const Configuration&)> on_change_;
  std::vector<Done> waiting_;
};

// A certificate that has expired by `now`, and is not what `before` had already: it must not take
// the place of one that may still be good. Each with its place in the configuration.
[[nodiscard]] policy::Problems newly_expired(const Snapshot& after, const Snapshot& before,
                                             std::time_t now);

} // namespace ktls
