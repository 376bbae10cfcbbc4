// SPDX-License-Identifier: GPL-2.0-or-later
// AgentService: org.ktlsctl.Agent1 as others see it. Who calls, how much, and whether he may, is
// looked at here; what is answered is up to the handlers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/agent1.hpp"
#include "bus/connection.hpp"
#include "bus/mapper1.hpp"
#include "bus/polkit.hpp"
#include "bus/subscribers.hpp"

namespace ktls::bus {

class AgentService {
public:
  // What takes a `done` calls it once, at once or later, and may keep it for longer than there is a
  // service or a connection: nobody gets the answer then.
  struct Handlers {
    template<class T>
    using Done = std::function<void(T)>;

    // `limit` is 1 to max_page. `only_owner`: of this user's processes alone.
    std::function<AgentAnswer<SessionPage>(const SessionFilter&, std::optional<uid_t> only_owner,
                                           std::uint64_t after, std::uint32_t limit)>
        list;
    // no_owner: the kernel. None: there is no such session.
    std::function<std::optional<uid_t>(std::uint64_t id)> owner_of;
    std::function<std::optional<SessionDetails>(std::uint64_t id)> details;
    // The id of the session of a socket; the descriptor stays the caller's.
    std::function<AgentAnswer<std::uint64_t>(int fd)> find_socket;
    std::function<std::vector<NotEnded>(const std::vector<std::uint64_t>& ids)> terminate;
    std::function<void(std::uint64_t id, Done<AgentAnswer<>>)> rekey;
    std::function<void(Done<AgentAnswer<RevalidationCounts>>)> revalidate_all;
    std::function<void(std::uint64_t id, Done<AgentAnswer<std::string>>)> revalidate;
    std::function<Chain(std::uint64_t id)> chain;
    std::function<AgentAnswer<PolicyAnswer>(const PolicyQuestion&)> test_policy;
    std::function<void(Chain, const std::string& profile, const Context&,
                       Done<AgentAnswer<MappingVerdict>>)>
        test_mapping;
    std::function<std::vector<Sample>()> statistics;
    std::function<std::vector<CredentialRow>()> credentials;
    std::function<std::vector<LogLevelRow>()> log_levels;
    // Empty: done; else what is wrong with them.
    std::function<std::string(const std::string& profile, const std::string& level)> set_log_level;
    std::function<void(Done<ReloadAnswer>)> reload;
    std::function<AgentStatus()> status;
  };
  struct Settings {
    Polkit::Waits waits;
    Subscribers::Rate rate;
  };

  // Waits for the bus, as Connection::subscribe() does. The bus name is taken by whoever makes it,
  // when all is ready. It must go before the connection, and in the same turn of the loop.
  static Result<std::unique_ptr<AgentService>> create(Connection& connection, Handlers handlers,
                                                      Settings settings);
  static Result<std::unique_ptr<AgentService>> create(Connection& connection, Handlers handlers);
  AgentService(const AgentService&) = delete;
  AgentService& operator=(const AgentService&) = delete;
  ~AgentService();

  // For the subscribers. Each may be called from within a handler.
  void session_opened(const SessionDetails& details);
  void session_ended(std::uint64_t id, const std::string& cause);
  void handshake_failed(const FailedHandshake& handshake);
  void policy_loaded(std::uint64_t generation);

private:
  class Object;
  explicit AgentService(std::unique_ptr<Object> object);
  std::unique_ptr<Object> object_;
};

} // namespace ktls::bus
