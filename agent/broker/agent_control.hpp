// SPDX-License-Identifier: GPL-2.0-or-later
// AgentControl: what org.ktlsctl.Agent1 offers, by the parts of the broker.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/authoriser.hpp"
#include "broker/control_channels.hpp"
#include "broker/dispatcher.hpp"
#include "broker/generations.hpp"
#include "broker/log_levels.hpp"
#include "broker/metrics.hpp"
#include "broker/reloader.hpp"
#include "broker/revalidator.hpp"
#include "broker/secret_store.hpp"
#include "broker/session_ender.hpp"
#include "broker/session_watch.hpp"
#include "broker/sessions.hpp"
#include "bus/agent_service.hpp"

namespace ktls {

class AgentControl {
public:
  // All must outlive it.
  struct Parts {
    EventLoop& loop;
    Authoriser& authoriser;
    Dispatcher& dispatcher;
    Generations& generations;
    Sessions& sessions;
    SessionWatch& watch;
    SessionEnder& ender;
    Revalidator& revalidator;
    Reloader& reloader;
    Metrics& metrics;
    SecretStore& secrets;
    ControlChannels& controls;
    LogLevels& levels;
  };
  explicit AgentControl(Parts parts) : parts_(parts), started_(parts.loop.wall_clock()) {}

  [[nodiscard]] bus::AgentService::Handlers handlers();
  [[nodiscard]] std::vector<MetricFamily> metrics() const;
  // The policy has changed.
  void on_policy() { policy_loaded_ = parts_.loop.wall_clock(); }

private:
  // Those of others are asked of the kernel, all at once, and not again for each page.
  static constexpr std::chrono::seconds foreign_life{1};

  [[nodiscard]] const std::vector<Session>& foreign();
  [[nodiscard]] const Session* find(std::uint64_t id);
  [[nodiscard]] std::optional<bus::SessionDetails> details(std::uint64_t id);
  [[nodiscard]] std::vector<bus::NotEnded> terminate(const std::vector<std::uint64_t>& ids);
  void rekey(std::uint64_t id, const std::function<void(bus::AgentAnswer<>)>& done);
  void test_mapping(const bus::Chain& chain, const std::string& profile,
                    const bus::Context& context,
                    const std::function<void(bus::AgentAnswer<bus::MappingVerdict>)>& done);
  [[nodiscard]] std::vector<bus::Sample> statistics() const;
  [[nodiscard]] std::vector<bus::CredentialRow> credentials() const;
  [[nodiscard]] std::vector<bus::LogLevelRow> log_levels() const;
  // Empty: it is in force; else what is wrong.
  [[nodiscard]] std::string set_log_level(const std::string& profile, const std::string& level);
  [[nodiscard]] bus::AgentStatus status() const;

  Parts parts_;
  std::chrono::system_clock::time_point started_;
  std::chrono::system_clock::time_point policy_loaded_;
  std::vector<Session> foreign_;
  EventLoop::Clock::time_point foreign_until_;
};

} // namespace ktls
