// SPDX-License-Identifier: GPL-2.0-or-later
// BusMapper: the mapper on the system bus, while there is one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/backoff.hpp"
#include "base/event_loop.hpp"
#include "broker/user_mapping.hpp"
#include "bus/mapper_client.hpp"
#include "bus/opening.hpp"

namespace ktls {

// What it means for a handshake when a mapper refuses.
[[nodiscard]] Reason mapping_reason(bus::Refusal refusal);

class BusMapper final : public Mapper {
public:
  // `on_change`: answers may be others than before. `loop` must outlive it.
  BusMapper(EventLoop& loop, std::function<void()> on_change);

  // Connects to the bus, and again whenever the connection is lost; until then everyone is refused
  // with mapper-unavailable.
  void start();
  void map(const MappingQuestion& question, Clock::time_point deadline,
           std::function<void(MappingAnswer)> done) override;

private:
  void connect();
  void on_opened(Result<std::unique_ptr<bus::Connection>> opened);
  void on_lost();

  EventLoop& loop_;
  // Signals come from a connection that is made on another thread, and may outlive this.
  std::shared_ptr<const std::function<void()>> on_change_;
  Backoff backoff_;
  Clock::time_point began_;
  EventSource again_;
  bool warned_ = false;
  std::string missing_ = "the system bus has not been reached yet"; // why there is no mapper
  std::unique_ptr<bus::Opening> opening_;
  bool connected_ = false;
  std::unique_ptr<bus::Connection> connection_;
};

} // namespace ktls
