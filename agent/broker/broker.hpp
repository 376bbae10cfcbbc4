// SPDX-License-Identifier: GPL-2.0-or-later
// Broker: the parts of the main process, put together.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/agent_control.hpp"
#include "broker/application_intake.hpp"
#include "broker/authoriser.hpp"
#include "broker/bus_agent.hpp"
#include "broker/bus_mapper.hpp"
#include "broker/caller.hpp"
#include "broker/control_channels.hpp"
#include "broker/dispatcher.hpp"
#include "broker/expiry_watch.hpp"
#include "broker/file_watch.hpp"
#include "broker/generations.hpp"
#include "broker/kernel_intake.hpp"
#include "broker/key_logs.hpp"
#include "broker/keyring.hpp"
#include "broker/known_units.hpp"
#include "broker/log_levels.hpp"
#include "broker/metrics.hpp"
#include "broker/metrics_server.hpp"
#include "broker/rekeyer.hpp"
#include "broker/reloader.hpp"
#include "broker/revalidator.hpp"
#include "broker/secret_store.hpp"
#include "broker/session_ender.hpp"
#include "broker/session_store.hpp"
#include "broker/session_watch.hpp"
#include "broker/sessions.hpp"
#include "broker/socket_facts.hpp"
#include "netlink/handshake_socket.hpp"

namespace ktls {

// The upcall of one network namespace, opened but not subscribed to.
struct KernelSource {
  std::string network_namespace; // its path; empty: our own
  HandshakeSocket socket;
};

class Broker {
public:
  // Called once, when handshakes can be done and both intakes are open.
  using OnServing = std::function<void()>;
  struct Options {
    ConfigurationSource source;
    KernelSuites suites;
    std::string helpers;
    std::vector<Inherited> sessions = {}; // what an earlier agent has left of them
    std::vector<Inherited> secrets = {};  // and of their traffic secrets
    // Those of the service manager, where it listens for us.
    Fd agent_socket = {};
    Fd metrics_socket = {};
  };

  // The loop's exit status becomes 1 when the agent cannot start. `sockets`: of each network
  // namespace whose sessions are to be followed.
  Broker(EventLoop& loop, Options options, std::vector<KernelSource> kernel,
         std::vector<TcpSockets> sockets, OnServing on_serving);

  // With what was read of `options.source`.
  void start(Configuration configuration);
  void reload();
  // Everyone who waits gets an answer.
  void stop();

private:
  void observe();
  void restore(const std::vector<Inherited>& memories, std::vector<Inherited> secrets);
  [[nodiscard]] tl::expected<std::uint64_t, Outcome> secured_socket(int socket) const;
  [[nodiscard]] Outcome rekey(wire::RekeyStep step, int socket);
  [[nodiscard]] tl::expected<std::uint64_t, Outcome> may_control(uid_t uid, int socket) const;
  void add_unit(Session& session);
  void on_report(const HandshakeReport& report);
  void on_session_ended(const Session& session, SessionEnd how);
  [[nodiscard]] policy::LogLevel log_level_of(const Session& session) const;
  void fail(const policy::Problems& problems);
  policy::Problems unmet(const policy::Policy& policy);
  void on_change(const Configuration& configuration);
  void watch_files(const Configuration& configuration);
  [[nodiscard]] const policy::MappingDemands* demands_of(const std::string& profile) const;
  Result<> open_intakes(const policy::AgentSettings& agent);
  Result<> open_kernel_intake(KernelSource source);
  void open_metrics_server();

  EventLoop& loop_;
  Fd agent_socket_;
  Fd metrics_socket_;
  std::vector<KernelSource> kernel_sources_;
  OnServing on_serving_;
  LogLevels levels_;
  KeyLogs key_logs_;
  KeyringLinks keyrings_; // the dispatcher's requests hold some
  SocketFacts socket_facts_;
  BusMapper mapper_;
  Authoriser authoriser_;
  Dispatcher dispatcher_;
  Generations generations_;
  Metrics metrics_;
  KnownUnits units_{unit_of};
  Sessions sessions_;
  SessionStore store_;
  SecretStore secrets_;
  Rekeyer rekeyer_;
  ControlChannels controls_;
  SessionWatch session_watch_;
  SessionEnder session_ender_;
  Revalidator revalidator_;
  std::string configuration_path_;
  Reloader reloader_;
  AgentControl control_;
  std::unique_ptr<MetricsServer> metrics_server_;
  BusAgent bus_agent_;
  ExpiryWatch expiry_;
  FileWatch files_;
  std::vector<std::unique_ptr<KernelIntake>> kernel_;
  std::unique_ptr<ApplicationIntake> applications_;
};

} // namespace ktls
