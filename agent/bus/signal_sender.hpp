// SPDX-License-Identifier: GPL-2.0-or-later
// SignalSender: the signals of the agent's manager, on their way to its subscribers.
#pragma once

#include <string>

#include "base/event_loop.hpp"
#include "bus/agent1.hpp"
#include "bus/compatibility.hpp"
#include "bus/connection.hpp"
#include "bus/subscribers.hpp"

namespace ktls::bus {

class SignalSender {
public:
  // Signals that the bus itself has not taken, since it hangs. Those beyond are dropped.
  static constexpr std::size_t max_unsent = 1000;

  // `manager` is their origin, and must outlive this.
  SignalSender(Connection& connection, sdbus::IObject& manager, Subscribers::Rate rate)
      : connection_(connection), manager_(manager),
        subscribers_(rate, [this](const std::string& subscriber, std::uint64_t count) {
          return emit(subscriber, "Dropped", count);
        }) {}
  SignalSender(const SignalSender&) = delete;
  SignalSender& operator=(const SignalSender&) = delete;

  // False: there are max_subscribers others.
  bool add(const std::string& subscriber) {
    return subscribers_.add(subscriber, connection_.loop().now());
  }
  void remove(const std::string& subscriber) { subscribers_.remove(subscriber); }
  [[nodiscard]] bool has_subscribers() const { return !subscribers_.empty(); }

  // To each subscriber.
  template<class... Values>
  void send(const char* signal, const Values&... values) {
    if (subscribers_.empty())
      return;
    subscribers_.send(connection_.loop().now(), [&](const std::string& subscriber) {
      return emit(subscriber, signal, values...);
    });
    arm();
    connection_.flush();
  }

private:
  template<class... Values>
  bool emit(const std::string& subscriber, const char* name, const Values&... values) {
    if (!connection_.has_unsent())
      unsent_ = 0;
    else if (unsent_ >= max_unsent)
      return false;
    try {
      auto signal = make_signal(manager_, manager_interface, name);
      signal.setDestination(subscriber);
      (signal << ... << values);
      manager_.emitSignal(signal);
    } catch (const sdbus::Error&) { // the bus is lost, which is seen elsewhere
      return false;
    }
    ++unsent_;
    return true;
  }
  void arm();

  Connection& connection_;
  sdbus::IObject& manager_;
  Subscribers subscribers_;
  EventSource settling_;
  std::size_t unsent_ = 0;
};

} // namespace ktls::bus
