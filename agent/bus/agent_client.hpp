// SPDX-License-Identifier: GPL-2.0-or-later
// AgentClient: asks the agent, over the interface org.ktlsctl.Agent1, and follows what it tells.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "bus/agent1.hpp"
#include "bus/connection.hpp"
#include "bus/mapper_client.hpp"

namespace ktls::bus {

struct OpenedEvent {
  SessionDetails details;
};
struct EndedEvent {
  std::uint64_t id = 0;
  std::string cause;
};
struct PolicyEvent {
  std::uint64_t generation = 0;
};
struct DroppedEvent {
  std::uint64_t count = 0;
};
using AgentEvent =
    std::variant<OpenedEvent, EndedEvent, FailedHandshake, PolicyEvent, DroppedEvent>;

// Each question calls back once, after it has returned, and within its time. Text of an answer is
// not yet fit to be printed; that of a failure is.
class AgentClient {
public:
  template<class T>
  using Then = std::function<void(Asked<T>)>;
  using Done = std::monostate;

  // `interactive`: polkit may ask the user, which `timeout` has to leave time for. `connection`
  // must outlive it.
  AgentClient(Connection& connection, std::chrono::microseconds timeout, bool interactive)
      : connection_(connection), timeout_(timeout), interactive_(interactive) {}
  AgentClient(const AgentClient&) = delete;
  AgentClient& operator=(const AgentClient&) = delete;

  void status(Then<AgentStatus> then);
  // `after` and `limit` as of ListSessions.
  void list(const SessionFilter& filter, std::uint64_t after, std::uint32_t limit,
            Then<SessionPage> then);
  void details(std::uint64_t id, const Then<SessionDetails>& then);
  void chain(std::uint64_t id, const Then<Chain>& then);
  // `socket` stays the caller's.
  void query(int socket, Then<SessionDetails> then);
  // At most max_ids. Those that go on, and why.
  void terminate(const std::vector<std::uint64_t>& ids, Then<std::vector<NotEnded>> then);
  void rekey(std::uint64_t id, const Then<Done>& then);
  // Its verdict.
  void revalidate(std::uint64_t id, const Then<std::string>& then);
  // All sessions, which takes the agent a while.
  void revalidate(std::chrono::microseconds timeout, Then<RevalidationCounts> then);
  void statistics(Then<std::vector<Sample>> then);
  void credentials(Then<std::vector<CredentialRow>> then);
  void log_levels(Then<std::vector<LogLevelRow>> then);
  // `level`: default_log_level, too.
  void set_log_level(const std::string& profile, const std::string& level, Then<Done> then);

  // Once, for as long as there is this object. `subscribed` is called with how it went, and again
  // whenever the agent has gone or come anew.
  Result<> follow(std::function<void(const AgentEvent&)> on_event, const Then<Done>& subscribed);

private:
  using OnPath = std::function<void(const std::string& path)>;
  void find(std::uint64_t id, OnPath found, std::function<void(const Failure&)> failed);
  void subscribe(const Then<Done>& subscribed);

  Connection& connection_;
  std::chrono::microseconds timeout_;
  bool interactive_;
  std::string agent_; // its unique name, which signals have to come from; empty: not subscribed
  Connection::Subscription events_;
  Connection::Subscription owner_;
};

} // namespace ktls::bus
