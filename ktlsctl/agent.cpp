// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/agent.hpp"

#include <array>
#include <csignal>

#include "ktlsctl/terminal.hpp"

namespace ktls::command {
namespace {

// polkit has 5 s of it.
constexpr std::chrono::seconds agent_patience{6};
// A person has to find the password.
constexpr std::chrono::seconds interactive_patience{30};

} // namespace

Outcome<std::unique_ptr<Agent>> Agent::open() {
  auto made = EventLoop::create();
  if (!made)
    return tl::make_unexpected(trouble_of(made.error()));
  auto loop = std::make_unique<EventLoop>(std::move(*made));
  auto connection = bus::Connection::open(*loop, [to_end = loop.get()] { to_end->exit(failed); });
  if (!connection)
    return tl::make_unexpected(no_bus(connection.error()));
  return std::unique_ptr<Agent>(new Agent(std::move(loop), std::move(*connection)));
}

Agent::Agent(std::unique_ptr<EventLoop> loop, std::unique_ptr<bus::Connection> connection)
    : loop_(std::move(loop)), connection_(std::move(connection)),
      client_(*connection_, somebody_is_there() ? interactive_patience : agent_patience,
              somebody_is_there()) {}

Outcome<bool> Agent::run_until(const std::function<bool()>& reached) {
  while (!reached()) {
    if (loop_->exit_status())
      return tl::make_unexpected(end_of_loop());
    if (const auto ran = loop_->run_once(std::chrono::seconds(1)); !ran)
      return tl::make_unexpected(trouble_of(ran.error()));
  }
  return true;
}

Trouble Agent::end_of_loop() const {
  if (loop_->exit_status() == success)
    return {success, ""};
  return {failed, "the connection to the system bus was lost; see systemctl status dbus"};
}

Outcome<bool> Agent::end_on_signals() {
  for (const int number : std::array{SIGINT, SIGTERM}) {
    auto source = loop_->on_signal(number, [this] { loop_->exit(success); });
    if (!source)
      return tl::make_unexpected(trouble_of(source.error()));
    signals_.push_back(std::move(*source));
  }
  return true;
}

Outcome<bool> Agent::wait(std::chrono::milliseconds duration) {
  bool over = false;
  const auto timer = loop_->on_time(EventLoop::Clock::now() + duration, [&over] { over = true; });
  if (!timer)
    return tl::make_unexpected(trouble_of(timer.error()));
  auto ran = run_until([&] { return over; });
  if (!ran && ran.error().status != success)
    return ran;
  return over;
}

} // namespace ktls::command
