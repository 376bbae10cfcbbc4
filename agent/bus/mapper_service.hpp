// SPDX-License-Identifier: GPL-2.0-or-later
// MapperService: org.ktlsctl.Mapper1 as others see it. Who calls, how much, and how large, is
// looked at here; what is answered is up to the handlers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bus/callers.hpp"
#include "bus/connection.hpp"
#include "bus/mapper1.hpp"

namespace ktls::bus {

class MapperService {
public:
  // Each answers once, at once or later. What they are to answer with may not outlive the
  // connection.
  struct Handlers {
    std::function<void(Chain, Context, std::function<void(MapAnswer)>)> map;
    std::function<void(std::uint32_t uid, std::function<void(AccountAnswer)>)> check_account;
    std::function<void(Chain, Context, std::function<void(TestAnswer)>)> test;
    std::function<std::string()> show;
  };

  // The bus name is taken by whoever makes it, when all is ready.
  static Result<std::unique_ptr<MapperService>> create(Connection& connection, Handlers handlers);
  MapperService(const MapperService&) = delete;
  MapperService& operator=(const MapperService&) = delete;
  ~MapperService();

  // Beside root.
  void allow_callers(std::vector<uid_t> uids);
  // Calls begun and not answered. Default: none may be.
  void set_max_in_flight(std::size_t calls);
  // Sends MappingsChanged with the next generation.
  void mappings_changed();

private:
  class Object;
  explicit MapperService(std::unique_ptr<Object> object);
  std::unique_ptr<Object> object_;
};

} // namespace ktls::bus
