// SPDX-License-Identifier: GPL-2.0-or-later
// OtherMapper: whose a certificate is, according to another service of the same interface.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "bus/connection.hpp"
#include "bus/mapper1.hpp"

namespace ktls::bus {

class OtherMapper {
public:
  static constexpr std::size_t max_name = 256;

  OtherMapper(Connection& connection, std::string bus_name)
      : connection_(connection), bus_name_(std::move(bus_name)) {}

  [[nodiscard]] const std::string& bus_name() const { return bus_name_; }

  // Calls back once, after this has returned, and within `timeout` of it. All text is fit to be
  // printed, but for the user's name, which is as it came, and within max_name. Whatever it does
  // not say in the terms of the interface is Unavailable.
  void map(const Chain& chain, const Context& context, std::chrono::microseconds timeout,
           std::function<void(MapAnswer)> then);
  // Each of its MappingsChanged.
  Result<Connection::Subscription> subscribe(std::function<void()> changed);

private:
  Connection& connection_;
  std::string bus_name_;
};

} // namespace ktls::bus
