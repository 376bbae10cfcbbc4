// SPDX-License-Identifier: GPL-2.0-or-later
// Connection: to a message bus, in this process's event loop; nothing here waits for an answer.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "base/result.hpp"

namespace sdbus {
class IConnection;
class IProxy;
class Message;
class MethodCall;
class MethodReply;
} // namespace sdbus

namespace ktls::bus {

struct Method {
  std::string service;
  std::string path;
  std::string interface;
  std::string name;
};

// What came instead of an answer; of whoever was asked, so not yet fit to be printed.
struct Failure {
  std::string name; // of the D-Bus error
  std::string text;
};
inline constexpr const char* no_reply_name = "org.freedesktop.DBus.Error.NoReply";
inline constexpr const char* garbage_name = "org.freedesktop.DBus.Error.InvalidSignature";

class Connection {
public:
  // `on_lost` is called once, when the bus has closed the connection: nothing works any more then.
  // The system bus, or where DBUS_SYSTEM_BUS_ADDRESS leads.
  static Result<std::unique_ptr<Connection>> open(EventLoop& loop, std::function<void()> on_lost);
  // For Opening: neither is in the loop before watch(), and so may be on another thread till then.
  static Result<std::unique_ptr<Connection>> prepare(EventLoop& loop,
                                                     std::function<void()> on_lost);
  Result<> watch();

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // EEXIST when somebody else has it.
  Result<> request_name(const std::string& name);

  // `write` puts the arguments in; one of the others is called once, never before this returns.
  // `read` takes the results out: when they are not what it expects, it throws, and `failed` is
  // called. `timeout` is more than 0.
  struct Reply {
    std::function<void(sdbus::MethodReply&)> read;
    std::function<void()> done; // behind `read`
    std::function<void(const Failure&)> failed;
  };
  void call(const Method& method, std::chrono::microseconds timeout,
            const std::function<void(sdbus::MethodCall&)>& write, Reply reply);

  // Each signal of this match rule, of dbus-daemon's own syntax, until the subscription goes, which
  // must be before the connection. `on_signal` may throw what reading throws: that signal is then
  // left out. Waits for the bus, not for others.
  using Subscription = std::unique_ptr<void, std::function<void(void*)>>;
  Result<Subscription> subscribe(const std::string& rule,
                                 std::function<void(sdbus::Message&)> on_signal);
  // `changed` is called when the owner of `name` comes, goes, or is another.
  Result<Subscription> subscribe_to_owner(const std::string& name, std::function<void()> changed);

  // The same, for as long as there is this connection.
  Result<> on_signal(const std::string& rule, std::function<void(sdbus::Message&)> on_signal);
  Result<> on_owner_change(const std::string& name, std::function<void()> changed);

  // What goes with the connection, and before it.
  void keep(std::shared_ptr<void> object) { objects_.push_back(std::move(object)); }

  // For the objects of this folder. Whoever has put a message into it calls flush().
  sdbus::IConnection& raw() { return *connection_; }
  void flush();
  EventLoop& loop() { return loop_; }
  // The bus has not yet taken all that was put in.
  [[nodiscard]] bool has_unsent() const;

private:
  struct Call {
    std::unique_ptr<sdbus::IProxy> proxy;
    Reply reply;
    bool ended = false;
  };

  Connection(EventLoop& loop, std::unique_ptr<sdbus::IConnection> connection,
             std::function<void()> on_lost);
  void process();
  void arm();
  void lose();
  void end(Call& call, sdbus::MethodReply& reply, const Failure* failure);
  void refuse(std::list<Call>::iterator call, const Failure& failure);
  void forget_ended();

  EventLoop& loop_;
  std::function<void()> on_lost_;
  std::unique_ptr<sdbus::IConnection> connection_;
  std::vector<Subscription> kept_;
  std::list<Call> calls_;
  EventSource io_;
  EventSource timer_;
  bool watched_ = false;
  bool processing_ = false;
  bool lost_ = false;
  std::vector<std::shared_ptr<void>> objects_;
};

} // namespace ktls::bus
