// SPDX-License-Identifier: GPL-2.0-or-later
// sdbus-c++ 1.2 and 2.x under one set of names; included in this folder alone.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#if __has_include(<sdbus-c++/VTableItems.h>)
#define KTLS_SDBUS_2
#endif

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ktls::bus {

using Dictionary = std::map<std::string, sdbus::Variant>;
// Of one call: `error` is null where there is a reply. Both are gone after it.
using ReplyHandler = std::function<void(sdbus::MethodReply& reply, const sdbus::Error* error)>;

// For serve(): an interface that is made by hand, as the code that is generated from its XML does
// not say who reads a property.
struct ServedMethod {
  std::string name;
  std::string in;
  std::vector<std::string> in_names;
  std::string out;
  std::vector<std::string> out_names;
  std::function<void(sdbus::MethodCall)> call;
};
struct ServedProperty {
  std::string name;
  std::string type;
  std::function<void(sdbus::PropertyGetReply&)> get;
};

inline sdbus::Flags without_signal() {
  sdbus::Flags flags;
  flags.set(sdbus::Flags::EMITS_NO_SIGNAL);
  return flags;
}

#ifdef KTLS_SDBUS_2
using BusName = sdbus::ServiceName;
using Path = sdbus::ObjectPath;

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
  return {sdbus::Error::Name(name), message};
}
inline sdbus::MethodCall make_call(sdbus::IProxy& proxy, const std::string& interface,
                                   const std::string& method) {
  return proxy.createMethodCall(sdbus::InterfaceName(interface), sdbus::MethodName(method));
}
inline void send(sdbus::IProxy& proxy, const sdbus::MethodCall& call,
                 std::chrono::microseconds timeout, ReplyHandler handler) {
  (void)proxy.callMethodAsync(
      call,
      [handler = std::move(handler)](sdbus::MethodReply reply, std::optional<sdbus::Error> error) {
        handler(reply, error ? &*error : nullptr);
      },
      timeout);
}
inline sdbus::Slot add_match(sdbus::IConnection& connection, const std::string& rule,
                             std::function<void(sdbus::Message&)> handler) {
  return connection.addMatch(
      rule, [handler = std::move(handler)](sdbus::Message message) { handler(message); },
      sdbus::return_slot);
}
inline bool process_one(sdbus::IConnection& connection) {
  return connection.processPendingEvent();
}
// CLOCK_MONOTONIC; none: only a message wakes it.
inline std::optional<std::chrono::microseconds> wake_at(const sdbus::IConnection::PollData& data) {
  return data.timeout == std::chrono::microseconds::max() ? std::nullopt
                                                          : std::optional(data.timeout);
}
template<class Object>
std::string sender_of(const Object& object) {
  return object.getCurrentlyProcessedMessage().getSender();
}
// Of a reply: who has asked.
inline std::string destination_of(const sdbus::Message& message) {
  const char* destination = message.getDestination();
  return destination != nullptr ? destination : "";
}
inline sdbus::Signal make_signal(sdbus::IObject& object, const std::string& interface,
                                 const std::string& signal) {
  return object.createSignal(sdbus::InterfaceName(interface), sdbus::SignalName(signal));
}
inline void serve(sdbus::IObject& object, const std::string& interface,
                  std::vector<ServedMethod> methods, std::vector<ServedProperty> properties) {
  std::vector<sdbus::VTableItem> items;
  for (auto& method : methods)
    items.emplace_back(sdbus::MethodVTableItem{sdbus::MethodName(method.name),
                                               sdbus::Signature(method.in),
                                               std::move(method.in_names),
                                               sdbus::Signature(method.out),
                                               std::move(method.out_names),
                                               std::move(method.call),
                                               {}});
  for (auto& property : properties)
    items.emplace_back(sdbus::PropertyVTableItem{sdbus::PropertyName(property.name),
                                                 sdbus::Signature(property.type),
                                                 std::move(property.get),
                                                 {},
                                                 without_signal()});
  object.addVTable(sdbus::InterfaceName(interface), std::move(items));
}
// For tests: one method, whose types are those of `call`, whatever the interface's XML says.
template<class Call>
void serve_as(sdbus::IObject& object, const std::string& interface, const std::string& method,
              Call call) {
  object.addVTable(sdbus::registerMethod(sdbus::MethodName(method)).implementedAs(std::move(call)))
      .forInterface(sdbus::InterfaceName(interface));
}
#else
using BusName = std::string;
using Path = std::string;

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
  return {name, message};
}
inline sdbus::MethodCall make_call(sdbus::IProxy& proxy, const std::string& interface,
                                   const std::string& method) {
  return proxy.createMethodCall(interface, method);
}
inline void send(sdbus::IProxy& proxy, const sdbus::MethodCall& call,
                 std::chrono::microseconds timeout, ReplyHandler handler) {
  (void)proxy.callMethod(call, std::move(handler), timeout);
}
inline sdbus::Slot add_match(sdbus::IConnection& connection, const std::string& rule,
                             std::function<void(sdbus::Message&)> handler) {
  return connection.addMatch(rule, std::move(handler));
}
inline bool process_one(sdbus::IConnection& connection) {
  return connection.processPendingRequest();
}
// CLOCK_MONOTONIC; none: only a message wakes it.
inline std::optional<std::chrono::microseconds> wake_at(const sdbus::IConnection::PollData& data) {
  return data.timeout_usec == UINT64_MAX
             ? std::nullopt
             : std::optional(std::chrono::microseconds(data.timeout_usec));
}
template<class Object>
std::string sender_of(const Object& object) {
  return object.getCurrentlyProcessedMessage()->getSender();
}
// Of a reply: who has asked.
inline std::string destination_of(const sdbus::Message& message) {
  return message.getDestination();
}
inline sdbus::Signal make_signal(sdbus::IObject& object, const std::string& interface,
                                 const std::string& signal) {
  return object.createSignal(interface, signal);
}
inline void serve(sdbus::IObject& object, const std::string& interface,
                  std::vector<ServedMethod> methods, std::vector<ServedProperty> properties) {
  for (auto& method : methods)
    object.registerMethod(interface, method.name, method.in, method.in_names, method.out,
                          method.out_names, std::move(method.call));
  for (auto& property : properties)
    object.registerProperty(interface, property.name, property.type, std::move(property.get),
                            without_signal());
  object.finishRegistration();
}
template<class Call>
void serve_as(sdbus::IObject& object, const std::string& interface, const std::string& method,
              Call call) {
  object.registerMethod(method).onInterface(interface).implementedAs(std::move(call));
  object.finishRegistration();
}
#endif

} // namespace ktls::bus
