// SPDX-License-Identifier: GPL-2.0-or-later
// BusMapper: the mapper on the system bus, while there is one.
#pragma once

#include <functional>
#include <memory>

#include "base/event_loop.hpp"
#include "broker/bus_link.hpp"
#include "broker/user_mapping.hpp"
#include "bus/mapper_client.hpp"

namespace ktls {

// What it means for a handshake when a mapper refuses.
[[nodiscard]] Reason mapping_reason(bus::Refusal refusal);

class BusMapper final : public Mapper {
public:
  // `on_change`: answers may be others than before. `loop` must outlive it.
  BusMapper(EventLoop& loop, std::function<void()> on_change);

  // Connects to the bus; until then everyone is refused with mapper-unavailable.
  void start() { link_.start(); }
  void map(const MappingQuestion& question, Clock::time_point deadline,
           std::function<void(MappingAnswer)> done) override;

private:
  // Signals come from a connection that is made on another thread, and may outlive this.
  std::shared_ptr<const std::function<void()>> on_change_;
  BusLink link_;
};

} // namespace ktls
