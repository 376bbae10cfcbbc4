// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/bus_agent.hpp"

#include <utility>

namespace ktls {

BusAgent::BusAgent(EventLoop& loop, bus::AgentService::Handlers handlers)
    : link_(
          loop, "nobody can ask the agent over D-Bus",
          {[slot = slot_, handlers = std::move(handlers)](bus::Connection& connection) -> Result<> {
             const std::shared_ptr<bus::AgentService> service =
                 TRY(bus::AgentService::create(connection, handlers));
             connection.keep(service);
             *slot = service;
             return connection.request_name(bus::agent_name);
           },
           [this](bus::Connection&) { serving_ = true; }, [this] { serving_ = false; }}) {}

} // namespace ktls
