// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/broker.hpp"

#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "broker/needs.hpp"
#include "broker/session_log.hpp"
#include "broker/session_view.hpp"
#include "broker/socket_identity.hpp"
#include "policy/show.hpp"
#include "tls/psk.hpp"

namespace ktls {
namespace {

ApplicationIntake::Limits intake_limits_of(const policy::AgentSettings& agent) {
  return {agent.request_timeout, agent.handshake_timeout, agent.max_connections,
          agent.max_connections_per_uid};
}

} // namespace

Broker::Broker(EventLoop& loop, Options options, std::vector<KernelSource> kernel,
               std::vector<TcpSockets> sockets, OnServing on_serving)
    : loop_(loop), agent_socket_(std::move(options.agent_socket)),
      metrics_socket_(std::move(options.metrics_socket)), kernel_sources_(std::move(kernel)),
      on_serving_(std::move(on_serving)), mapper_(loop, [this] { authoriser_.forget(); }),
      authoriser_(loop, mapper_), dispatcher_(loop, limits_of({}), local_time, &authoriser_),
      generations_(loop, std::move(options.helpers), dispatcher_),
      store_({keep_descriptor, forget_descriptor}), secrets_(keep_descriptor),
      rekeyer_(loop, secrets_, options.suites.changes_keys),
      controls_(loop, policy::AgentSettings{}.max_connections_per_uid),
      session_watch_(loop, sessions_),
      session_ender_(
          session_watch_,
          [] { return has_capability(CAP_SYS_PTRACE) && has_capability(CAP_DAC_READ_SEARCH); }),
      revalidator_(
          loop, sessions_, authoriser_,
          [this](const std::string& profile) { return demands_of(profile); },
          [this](const auto& sessions) { return session_ender_.end(sessions); }),
      configuration_path_(options.source.path),
      reloader_(
          loop, generations_, std::move(options.source), std::move(options.suites),
          [this](const policy::Policy& policy) { return unmet(policy); },
          [this](const Configuration& configuration) { on_change(configuration); }),
      control_({loop, authoriser_, dispatcher_, generations_, sessions_, session_watch_,
                session_ender_, revalidator_, reloader_, metrics_, secrets_, controls_, levels_}),
      bus_agent_(loop, control_.handlers()), expiry_(loop), files_(loop, [this] {
        log::info("a file of the configuration has changed");
        reload();
      }) {
  for (auto& of_namespace : sockets) {
    if (const auto followed = session_watch_.follow(std::move(of_namespace)); !followed)
      log::warning("sessions are not followed: {}", followed.error().message());
  }
  observe();
  restore(options.sessions, std::move(options.secrets));
}

// Where no rule has asked for it.
void Broker::add_unit(Session& session) {
  if (session.terms->origin == policy::Origin::Kernel || !session.terms->unit.empty())
    return;
  auto terms = *session.terms;
  terms.unit = escape(units_.of(session.pid, terms.uid.value_or(0), loop_.now()));
  session.terms = std::make_shared<const SessionTerms>(std::move(terms));
}

void Broker::observe() {
  dispatcher_.take_levels(
      [this](const policy::ProfileSettings& profile) { return levels_.of(profile); });
  dispatcher_.log_keys([this](const std::string& path, const ipc::KeyLogEntry& entry) {
    key_logs_.write(path, entry);
  });
  dispatcher_.on_report([this](const HandshakeReport& report) { on_report(report); });
  dispatcher_.on_secured([this](Session session, const tls::TrafficSecrets& secrets, int socket) {
    add_unit(session);
    // nobody has a socket of the kernel's to change keys of
    const bool can_rekey = session.terms->origin != policy::Origin::Kernel;
    const auto cookie = session_watch_.add(std::move(session), socket);
    if (cookie && can_rekey)
      secrets_.add(*cookie, secrets);
    return cookie;
  });
  rekeyer_.on_change([this](std::uint64_t cookie, Direction direction) {
    metrics_.count_rekey(direction);
    if (direction == Direction::Transmit)
      controls_.on_rekeyed(cookie);
  });
  sessions_.observe({[this](const Session& session) {
                       store_.add(session);
                       if (const auto service = bus_agent_.service())
                         service->session_opened(details_of(session));
                     },
                     [this](const Session& session, SessionEnd how) { //
                       on_session_ended(session, how);
                     }});
}

// Before anybody may ask for a session: each is listed once.
void Broker::restore(const std::vector<Inherited>& memories, std::vector<Inherited> secrets) {
  auto sessions = store_.begin(memories);
  std::uint64_t generation = 0;
  for (const auto& session : sessions)
    generation = std::max(generation, session.terms->generation);
  generations_.count_from(generation);
  session_watch_.restore(std::move(sessions));
  if (memories.empty())
    session_watch_.recover();
  store_.forget_earlier();
  if (rekeyer_.is_able())
    secrets_.begin(std::move(secrets));
  secrets_.keep_only([this](auto cookie) { return sessions_.find(cookie) != nullptr; });
  if (sessions_.size() > 0)
    log::info("{} sessions of before go on{}", sessions_.size(),
              memories.empty() ? "; what the kernel does not say of them is not known" : "");
}

void Broker::on_report(const HandshakeReport& report) {
  metrics_.count_handshake(report);
  const auto reason = report.outcome.reason;
  const auto service = bus_agent_.service();
  if (service && reason != Reason::Success && reason != Reason::PolicyClear)
    service->handshake_failed(failed_handshake(report));
}

void Broker::on_session_ended(const Session& session, SessionEnd how) {
  store_.remove(session.cookie);
  secrets_.remove(session.cookie);
  rekeyer_.forget(session.cookie);
  controls_.remove(session.cookie);
  metrics_.count_end(how);
  const EndedSession ended{session, how, loop_.wall_clock()};
  if (log_level_of(session) >= level_of(ended))
    journal::write(log::Level::Info, line_of(ended), fields_of(ended));
  if (const auto service = bus_agent_.service())
    service->session_ended(session.cookie, name_of(how));
}

// As the policy in force has it; of a profile that is in it no more, the default.
policy::LogLevel Broker::log_level_of(const Session& session) const {
  const auto* configuration = generations_.in_force();
  const auto* profile = configuration == nullptr
                            ? nullptr
                            : profile_named(configuration->policy, session.terms->profile);
  return profile == nullptr ? policy::LogLevel::Info : levels_.of(*profile);
}

void Broker::start(Configuration configuration) {
  if (const auto problems = unmet(configuration.policy); !problems.lines.empty())
    return fail(problems);
  mapper_.start();
  generations_.follow(std::move(configuration), [this](const policy::Problems& problems) {
    if (!problems.lines.empty())
      return fail(problems);
    const auto& agent = generations_.in_force()->policy.agent();
    if (const auto opened = open_intakes(agent); !opened) {
      log::error("{}", opened.error().message());
      return loop_.exit(1);
    }
    open_metrics_server();
    on_change(*generations_.in_force());
    bus_agent_.start(); // what it is asked is about a policy
    on_serving_();
  });
}

void Broker::fail(const policy::Problems& problems) {
  for (const auto& line : problems.lines)
    log::error("{}", line);
  loop_.exit(1);
}

policy::Problems Broker::unmet(const policy::Policy& policy) {
  auto problems = unmet_needs(policy, {[] { return has_capability(CAP_SYS_PTRACE); },
                                       [this] { return socket_facts_.try_direction(); },
                                       [this] { return session_ender_.is_able(); }});
  for (auto& line : key_logs_.prepare(policy).lines)
    problems.lines.push_back(std::move(line));
  return problems;
}

// As the policy that is in force now has it: the one that a session came up with may be gone.
const policy::MappingDemands* Broker::demands_of(const std::string& profile) const {
  const auto* found = profile_named(generations_.in_force()->policy, profile);
  return found == nullptr ? nullptr : &found->mapping;
}

void Broker::reload() {
  reloader_.reload([](const policy::Problems&) {});
}

void Broker::on_change(const Configuration& configuration) {
  const auto& policy = configuration.policy;
  authoriser_.forget();
  levels_.on_policy(policy);
  key_logs_.on_policy(policy);
  control_.on_policy();
  if (const auto service = bus_agent_.service())
    service->policy_loaded(generations_.number());
  applications_->set_limits(intake_limits_of(policy.agent()));
  controls_.set_limit(policy.agent().max_connections_per_uid);
  revalidator_.set_interval(policy.agent().revalidation_interval);
  log::info("policy {} is in force: {}", generations_.number(), policy::sizes(policy));
  expiry_.watch(configuration.snapshot.certificates);
  watch_files(configuration);
}

void Broker::watch_files(const Configuration& configuration) {
  if (!configuration.policy.agent().watch_files)
    return files_.stop();
  auto paths = configuration.snapshot.paths;
  paths.insert(configuration_path_);
  paths.insert(std::filesystem::path(configuration_path_).parent_path() / "conf.d");
  files_.watch(paths);
}

Result<> Broker::open_intakes(const policy::AgentSettings& agent) {
  ApplicationIntake::Handlers handlers;
  handlers.submit = [this](HandshakeRequest request) {
    return dispatcher_.submit(std::move(request));
  };
  handlers.cancel = [this](std::uint64_t id) { dispatcher_.cancel(id); };
  handlers.asked_facts = [this] { return generations_.in_force()->policy.asked_facts(); };
  handlers.add_socket_facts = [this](policy::Facts& facts, int socket) {
    socket_facts_.add_to(facts, socket, generations_.in_force()->policy.asked_facts());
  };
  handlers.reload = [this](const ApplicationIntake::Reloaded& done) {
    reloader_.reload([this, done](const policy::Problems& problems) {
      done(generations_.number(), problems.lines);
    });
  };
  handlers.rekey = [this](wire::RekeyStep step, int socket) { return rekey(step, socket); };
  handlers.control = [this](uid_t uid, int socket) { return may_control(uid, socket); };
  handlers.controlled = [this](std::uint64_t cookie, uid_t uid, ipc::Channel channel) {
    controls_.add(cookie, uid, std::move(channel));
  };
  handlers.revalidate = [this](Revalidator::Done done) { revalidator_.run(std::move(done)); };
  applications_ = TRY(ApplicationIntake::create(loop_, agent.socket, intake_limits_of(agent),
                                                std::move(handlers), std::move(agent_socket_)));
  for (auto& source : std::exchange(kernel_sources_, {}))
    TRY(open_kernel_intake(std::move(source)));
  return {};
}

tl::expected<std::uint64_t, Outcome> Broker::secured_socket(int socket) const {
  const auto cookie = socket_cookie(socket);
  if (!cookie || sessions_.find(*cookie) == nullptr)
    return tl::make_unexpected(
        failure(Reason::KeyUpdateUnsupported, "the agent has not secured this socket"));
  return *cookie;
}

tl::expected<std::uint64_t, Outcome> Broker::may_control(uid_t uid, int socket) const {
  auto cookie = secured_socket(socket);
  if (cookie && !controls_.may_add(uid))
    return tl::make_unexpected(
        failure(Reason::Busy, fmt::format("agent.max_connections_per_uid for uid {}", uid)));
  return cookie;
}

Outcome Broker::rekey(wire::RekeyStep step, int socket) {
  const auto cookie = secured_socket(socket);
  if (!cookie)
    return cookie.error();
  TcpKtlsSocket kernel(socket);
  return rekeyer_.run(step, *cookie, kernel);
}

Result<> Broker::open_kernel_intake(KernelSource source) {
  const std::string place =
      source.network_namespace.empty() ? "" : " of " + escape(source.network_namespace);
  const auto able = source.socket.probe();
  if (able)
    log::info("the kernel{} takes {}", place,
              able->tags ? "tags of a peer with its handshakes" : "no tags with handshakes");
  else
    log::warning("what the kernel{} takes is not known: {}", place, able.error().message());
  if (!source.network_namespace.empty())
    socket_facts_.add_network_namespace(source.socket.fd(), source.network_namespace);
  TRY(source.socket.subscribe());
  KernelIntake::Options options;
  options.psk_sha384 = tls::can_use_psk_with_sha384();
  options.network_namespace = source.network_namespace;
  kernel_.push_back(TRY(KernelIntake::create(
      loop_, std::make_unique<HandshakeSocket>(std::move(source.socket)),
      [this](HandshakeRequest request) { (void)dispatcher_.submit(std::move(request)); }, keyrings_,
      std::move(options))));
  return {};
}

// Handshakes do not need it: without it the agent goes on.
void Broker::open_metrics_server() {
  if (!metrics_socket_)
    return;
  auto opened = MetricsServer::create(loop_, std::move(metrics_socket_),
                                      [this] { return open_metrics(control_.metrics()); });
  if (opened)
    metrics_server_ = std::move(*opened);
  else
    log::warning("metrics are not served: {}", opened.error().message());
}

void Broker::stop() {
  dispatcher_.end_all(Reason::AgentStopping);
  applications_.reset();
  loop_.exit(0);
}

} // namespace ktls
