// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/connection.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include "bus/compatibility.hpp"

namespace ktls::bus {
namespace {

// One turn of the loop: other sources get theirs as well in a flood of messages.
constexpr int max_messages_in_turn = 64;

Unexpected bus_error(const std::string& context, const sdbus::Error& error, int number) {
  return errno_error(fmt::format("{}: {}", context, error.getMessage()), number);
}

} // namespace

Result<std::unique_ptr<Connection>> Connection::open(EventLoop& loop,
                                                     std::function<void()> on_lost) {
  auto made = prepare(loop, std::move(on_lost));
  if (!made)
    return made;
  if (auto watched = (*made)->watch(); !watched)
    return tl::make_unexpected(std::move(watched).error());
  return made;
}

Result<std::unique_ptr<Connection>> Connection::prepare(EventLoop& loop,
                                                        std::function<void()> on_lost) {
  try {
    return std::unique_ptr<Connection>(
        new Connection(loop, sdbus::createSystemBusConnection(), std::move(on_lost)));
  } catch (const sdbus::Error& error) {
    return bus_error("connecting to the system bus", error, ENOTCONN);
  }
}

Connection::Connection(EventLoop& loop, std::unique_ptr<sdbus::IConnection> connection,
                       std::function<void()> on_lost)
    : loop_(loop), on_lost_(std::move(on_lost)), connection_(std::move(connection)) {}

Connection::~Connection() = default;

Result<> Connection::watch() {
  const auto data = connection_->getEventLoopPollData();
  // EPOLLIN and EPOLLOUT are POLLIN and POLLOUT
  io_ = TRY(loop_.on_io(data.fd, static_cast<std::uint32_t>(data.events),
                        [this](std::uint32_t) { process(); }));
  watched_ = true;
  arm();
  return {};
}

void Connection::process() {
  if (lost_)
    return;
  forget_ended();
  processing_ = true;
  try {
    for (int i = 0; i < max_messages_in_turn && process_one(*connection_); ++i) {
    }
  } catch (const sdbus::Error&) {
    processing_ = false;
    return lose();
  }
  processing_ = false;
  arm();
}

// What is waited for depends on what was sent and what is expected: asked after each change.
void Connection::arm() {
  if (!watched_ || processing_ || lost_)
    return;
  try {
    const auto data = connection_->getEventLoopPollData();
    set_events(io_, static_cast<std::uint32_t>(data.events));
    timer_.reset();
    const auto wake = wake_at(data);
    if (!wake)
      return;
    auto timer = loop_.on_time(EventLoop::Clock::time_point(*wake), [this] { process(); });
    check(timer.has_value(), "a timer can be had");
    timer_ = std::move(*timer);
  } catch (const sdbus::Error&) {
    lose();
  }
}

void Connection::flush() {
  arm();
}

bool Connection::has_unsent() const {
  if (lost_)
    return true;
  try {
    return (static_cast<std::uint32_t>(connection_->getEventLoopPollData().events) & EPOLLOUT) != 0;
  } catch (const sdbus::Error&) { // closed: which process() is to find out
    return true;
  }
}

void Connection::lose() {
  if (std::exchange(lost_, true))
    return;
  io_.reset();
  timer_.reset();
  for (auto& call : calls_) {
    if (!std::exchange(call.ended, true))
      std::exchange(call.reply, {}).failed({no_reply_name, "the connection to the bus was lost"});
  }
  if (on_lost_)
    on_lost_();
}

Result<> Connection::request_name(const std::string& name) {
  try {
    connection_->requestName(BusName(name));
    arm();
    return {};
  } catch (const sdbus::Error& error) {
    return bus_error("taking the bus name " + name, error, EEXIST);
  }
}

void Connection::call(const Method& method, std::chrono::microseconds timeout,
                      const std::function<void(sdbus::MethodCall&)>& write, Reply reply) {
  const auto at = calls_.insert(calls_.end(), Call{nullptr, std::move(reply), false});
  if (lost_)
    return refuse(at, {no_reply_name, "the connection to the bus is lost"});
  try {
    at->proxy = sdbus::createProxy(*connection_, BusName(method.service), Path(method.path));
    auto message = make_call(*at->proxy, method.interface, method.name);
    write(message);
    send(*at->proxy, message, timeout,
         [this, at](sdbus::MethodReply& result, const sdbus::Error* error) {
           if (error == nullptr)
             return end(*at, result, nullptr);
           const Failure failure{error->getName(), error->getMessage()};
           end(*at, result, &failure);
         });
    arm();
  } catch (const sdbus::Error& error) {
    refuse(at, {error.getName(), error.getMessage()});
  }
}

// Not at once: callers need not be ready for an answer before call() returns.
void Connection::refuse(std::list<Call>::iterator call, const Failure& failure) {
  auto failed = std::move(call->reply.failed);
  calls_.erase(call);
  auto soon = std::make_shared<EventSource>();
  auto source = loop_.on_time(loop_.now(), [soon, failed = std::move(failed), failure] {
    failed(failure);
    soon->reset();
  });
  check(source.has_value(), "a timer can be had");
  *soon = std::move(*source);
}

void Connection::end(Call& call, sdbus::MethodReply& reply, const Failure* failure) {
  const Reply handlers = std::move(call.reply);
  call.ended = true; // the proxy is in use until this returns to it
  if (failure != nullptr)
    return handlers.failed(*failure);
  try {
    handlers.read(reply);
  } catch (const sdbus::Error& error) {
    return handlers.failed({garbage_name, error.getMessage()});
  }
  handlers.done();
}

void Connection::forget_ended() {
  calls_.remove_if([](const Call& call) { return call.ended; });
}

Result<Connection::Subscription>
Connection::subscribe(const std::string& rule, std::function<void(sdbus::Message&)> handler) {
  try {
    auto subscription =
        add_match(*connection_, rule, [handler = std::move(handler)](sdbus::Message& message) {
          try {
            handler(message);
          } catch (const sdbus::Error&) { // not what the signal is documented to hold
          }
        });
    arm();
    return subscription;
  } catch (const sdbus::Error& error) {
    return bus_error("listening to " + rule, error, EPROTO);
  }
}

Result<Connection::Subscription> Connection::subscribe_to_owner(const std::string& name,
                                                                std::function<void()> changed) {
  return subscribe(fmt::format("type='signal',sender='org.freedesktop.DBus',"
                               "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                               "arg0='{}'",
                               name),
                   [changed = std::move(changed)](sdbus::Message&) { changed(); });
}

Result<> Connection::on_signal(const std::string& rule,
                               std::function<void(sdbus::Message&)> handler) {
  kept_.push_back(TRY(subscribe(rule, std::move(handler))));
  return {};
}

Result<> Connection::on_owner_change(const std::string& name, std::function<void()> changed) {
  kept_.push_back(TRY(subscribe_to_owner(name, std::move(changed))));
  return {};
}

} // namespace ktls::bus
