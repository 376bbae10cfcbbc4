// SPDX-License-Identifier: GPL-2.0-or-later
// MapperClient: whose a certificate is, according to a service of the interface
// org.ktlsctl.Mapper1.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "bus/connection.hpp"
#include "bus/mapper1.hpp"

namespace ktls::bus {

// Of a question that only administrators ask. Unexpected: why there is no answer, fit to be
// printed.
template<class T>
using Asked = tl::expected<T, Failure>;

class MapperClient {
public:
  static constexpr std::size_t max_name = 256;    // of a user or a group, in bytes
  static constexpr std::size_t max_groups = 4096; // more are left out
  static constexpr std::size_t max_steps = 64;    // likewise

  MapperClient(Connection& connection, std::string bus_name)
      : connection_(connection), bus_name_(std::move(bus_name)) {}

  [[nodiscard]] const std::string& bus_name() const { return bus_name_; }

  // Calls back once, after this has returned, and within `timeout` of it. All text is fit to be
  // printed, but for the names of users and groups, which are without control characters, and
  // within max_name. Whatever it does not say in the terms of the interface is Unavailable.
  void map(const Chain& chain, const Context& context, std::chrono::microseconds timeout,
           std::function<void(MapAnswer)> then);
  // As map(), with each step told. The reason for a refusal is its answer, not a failure.
  void test(const Chain& chain, const Context& context, std::chrono::microseconds timeout,
            std::function<void(Asked<Tested>)> then);
  // What it goes by, in lines.
  void show(std::chrono::microseconds timeout, std::function<void(Asked<std::string>)> then);
  // Each of its MappingsChanged.
  Result<Connection::Subscription> subscribe(std::function<void()> changed);

  // For as long as there is the connection: its MappingsChanged, and that it comes or goes.
  Result<> on_change(const std::function<void()>& changed);

private:
  Connection& connection_;
  std::string bus_name_;
};

} // namespace ktls::bus
