// SPDX-License-Identifier: GPL-2.0-or-later
// BusAgent: org.ktlsctl.Agent1 on the system bus, while there is one.
#pragma once

#include <memory>

#include "base/event_loop.hpp"
#include "broker/bus_link.hpp"
#include "bus/agent_service.hpp"

namespace ktls {

class BusAgent {
public:
  // `loop` must outlive it, and so must what the handlers refer to.
  BusAgent(EventLoop& loop, bus::AgentService::Handlers handlers);

  void start() { link_.start(); }
  // Null: nobody can ask, and nobody listens.
  [[nodiscard]] std::shared_ptr<bus::AgentService> service() const {
    return serving_ ? slot_->lock() : nullptr;
  }

private:
  // What is made on another thread goes with its connection.
  using Slot = std::weak_ptr<bus::AgentService>;

  std::shared_ptr<Slot> slot_ = std::make_shared<Slot>();
  bool serving_ = false;
  BusLink link_;
};

} // namespace ktls
