// SPDX-License-Identifier: GPL-2.0-or-later
// Agent: the running ktlsd, as it can be asked over the system bus, one question after the other.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/event_loop.hpp"
#include "bus/agent_client.hpp"
#include "bus/connection.hpp"
#include "ktlsctl/trouble.hpp"

namespace ktls::command {

class Agent {
public:
  static Outcome<std::unique_ptr<Agent>> open();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // `question` hands its second argument to one of the client's. Waits for the answer, unless the
  // loop ends before: see end_of_loop().
  template<class T>
  Outcome<T>
  ask(bus::Action action,
      const std::function<void(bus::AgentClient&, bus::AgentClient::Then<T>)>& question) {
    const auto answer = std::make_shared<std::optional<bus::Asked<T>>>();
    question(client_, [answer](bus::Asked<T> got) { *answer = std::move(got); });
    if (auto ran = run_until([&] { return answer->has_value(); }); !ran)
      return tl::make_unexpected(std::move(ran).error());
    if (!**answer)
      return tl::make_unexpected(trouble_of((*answer)->error(), action));
    return std::move(***answer);
  }

  [[nodiscard]] bus::AgentClient& client() { return client_; }
  [[nodiscard]] EventLoop& loop() { return *loop_; }
  // From here on ^C and SIGTERM end the loop, with status 0.
  Outcome<bool> end_on_signals();
  // False when that has happened before.
  Outcome<bool> wait(std::chrono::milliseconds duration);
  // Why: with status 0 and without text, or since the bus has gone.
  [[nodiscard]] Trouble end_of_loop() const;

private:
  Agent(std::unique_ptr<EventLoop> loop, std::unique_ptr<bus::Connection> connection);
  Outcome<bool> run_until(const std::function<bool()>& reached);

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<bus::Connection> connection_;
  bus::AgentClient client_;
  std::vector<EventSource> signals_;
};

} // namespace ktls::command
