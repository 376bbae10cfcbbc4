// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/session_objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bus/agent1_codec.hpp"
#include "bus/agent_call.hpp"
#include "bus/compatibility.hpp"

namespace ktls::bus {
namespace {

std::string path_of_session(std::uint64_t id) {
  return fmt::format("{}/session/{}", agent_path, id);
}

} // namespace

SessionObjects::SessionObjects(Connection& connection, Handlers handlers)
    : connection_(connection), handlers_(std::move(handlers)) {
  // the properties of a session are what its details have
  for (const auto& [name, value] : to_bus(SessionDetails()))
    properties_.emplace_back(name, value.peekValueType());
}

SessionObjects::~SessionObjects() = default;

std::optional<std::string> SessionObjects::admit(std::uint64_t id, const std::string& caller) {
  auto found = objects_.find(id);
  if (found == objects_.end()) {
    make_room();
    try {
      found = objects_.emplace(id, Object{exported(id), {}, 0}).first;
    } catch (const sdbus::Error&) {
      return std::nullopt;
    }
  }
  auto& object = found->second;
  object.used = ++uses_;
  if (std::ranges::find(object.readers, caller) == object.readers.end()) {
    if (object.readers.size() >= max_readers) {
      read_by_[object.readers.front()].erase(id);
      object.readers.erase(object.readers.begin());
    }
    object.readers.push_back(caller);
    read_by_[caller].insert(id);
  }
  return path_of_session(id);
}

std::unique_ptr<sdbus::IObject> SessionObjects::exported(std::uint64_t id) {
  const auto method = [id](const char* name, bool has_options, const char* out,
                           std::vector<std::string> out_names, const Method& call) {
    ServedMethod served{
        name, "", {}, out, std::move(out_names), [id, &call](sdbus::MethodCall message) {
          call(id, std::move(message));
        }};
    if (has_options) {
      served.in = "a{sv}";
      served.in_names = {"options"};
    }
    return served;
  };
  std::vector<ServedProperty> properties;
  for (const auto& [name, type] : properties_)
    properties.push_back({name, type, [this, id, name = name](sdbus::PropertyGetReply& reply) {
                            get(id, name, reply);
                          }});
  auto object = sdbus::createObject(connection_.raw(), Path(path_of_session(id)));
  serve(*object, session_interface,
        {method("Terminate", true, "", {}, handlers_.terminate),
         method("Rekey", true, "", {}, handlers_.rekey),
         method("Revalidate", true, "s", {"verdict"}, handlers_.revalidate),
         method("GetPeerCertificates", false, "aay", {"chain"}, handlers_.get_peer_certificates)},
        std::move(properties));
  return object;
}

void SessionObjects::get(std::uint64_t id, const std::string& property,
                         sdbus::PropertyGetReply& reply) {
  const auto found = objects_.find(id);
  if (found == objects_.end())
    throw make_error(error_name(AgentRefusal::NoSuchSession), "the session has ended");
  const auto& readers = found->second.readers;
  if (std::ranges::find(readers, destination_of(reply)) == readers.end())
    throw make_error(access_denied_name, "GetSession must have been called on this connection");
  const auto details = handlers_.details(id);
  if (!details)
    throw make_error(error_name(AgentRefusal::NoSuchSession), "the session has ended");
  put_detail(reply, *details, property);
}

void SessionObjects::end(std::uint64_t id) {
  auto found = objects_.find(id);
  if (found == objects_.end())
    return;
  for (const auto& reader : found->second.readers)
    read_by_[reader].erase(id);
  // the bus may be in a call of it
  ended_.push_back(std::move(found->second.exported));
  objects_.erase(found);
  if (cleaning_)
    return;
  auto timer = connection_.loop().on_time(connection_.loop().now(), [this] {
    ended_.clear();
    cleaning_.reset();
  });
  check(timer.has_value(), "a timer can be had");
  cleaning_ = std::move(*timer);
}

void SessionObjects::forget(const std::string& caller) {
  const auto found = read_by_.find(caller);
  if (found == read_by_.end())
    return;
  for (const auto id : found->second)
    std::erase(objects_.at(id).readers, caller);
  read_by_.erase(found);
  bound_left();
}

// Of the objects without readers the longest unused go, so that few remain.
void SessionObjects::bound_left() {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> left; // when used, id
  for (const auto& [id, object] : objects_) {
    if (object.readers.empty())
      left.emplace_back(object.used, id);
  }
  std::ranges::sort(left);
  for (std::size_t i = 0; i + max_left < left.size(); ++i)
    objects_.erase(left[i].second);
}

void SessionObjects::make_room() {
  if (objects_.size() < max_objects)
    return;
  const auto oldest = std::ranges::min_element(objects_, {}, [](const auto& entry) {
    return std::pair(!entry.second.readers.empty(), entry.second.used);
  });
  for (const auto& reader : oldest->second.readers)
    read_by_[reader].erase(oldest->first);
  objects_.erase(oldest);
}

} // namespace ktls::bus
