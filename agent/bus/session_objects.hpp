// SPDX-License-Identifier: GPL-2.0-or-later
// SessionObjects: those sessions that somebody has asked for, as objects on the bus.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/event_loop.hpp"
#include "bus/agent1.hpp"
#include "bus/connection.hpp"

namespace sdbus {
class IObject;
class PropertyGetReply;
} // namespace sdbus

namespace ktls::bus {

// Properties are read without waiting, so that polkit cannot be asked then: only those callers who
// were admitted before read them. The methods see for themselves who may call.
class SessionObjects {
public:
  using Method = std::function<void(std::uint64_t id, sdbus::MethodCall call)>;
  struct Handlers {
    std::function<std::optional<SessionDetails>(std::uint64_t id)> details;
    Method terminate;
    Method rekey;
    Method revalidate;
    Method get_peer_certificates;
  };
  static constexpr std::size_t max_objects = 1000;
  // Of those whose callers have left the bus: kept for a while, for the next call of a program that
  // makes a connection for each.
  static constexpr std::size_t max_left = 64;
  static constexpr std::size_t max_readers = 64; // of one object; the first to be admitted goes

  SessionObjects(Connection& connection, Handlers handlers);
  SessionObjects(const SessionObjects&) = delete;
  SessionObjects& operator=(const SessionObjects&) = delete;
  ~SessionObjects();

  // The path of its object, whose properties `caller`, a unique name, may read from here on. None:
  // the object cannot be made.
  std::optional<std::string> admit(std::uint64_t id, const std::string& caller);
  // The session has ended. May be called from within one of the handlers.
  void end(std::uint64_t id);
  // It has left the bus.
  void forget(const std::string& caller);

  [[nodiscard]] std::size_t size() const { return objects_.size(); }

private:
  struct Object {
    std::unique_ptr<sdbus::IObject> exported;
    std::vector<std::string> readers;
    std::uint64_t used = 0; // the greatest: last
  };
  std::unique_ptr<sdbus::IObject> exported(std::uint64_t id);
  void get(std::uint64_t id, const std::string& property, sdbus::PropertyGetReply& reply);
  void make_room();
  void bound_left();

  Connection& connection_;
  Handlers handlers_;
  std::vector<std::pair<std::string, std::string>> properties_; // name, type
  std::map<std::uint64_t, Object> objects_;
  std::map<std::string, std::set<std::uint64_t>> read_by_;
  std::uint64_t uses_ = 0;
  std::vector<std::unique_ptr<sdbus::IObject>> ended_;
  EventSource cleaning_;
};

} // namespace ktls::bus
