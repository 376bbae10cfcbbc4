// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsd: the agent's main process. Reads the configuration, starts signer and workers, and hands
// the kernel's and the applications' handshakes to them.

#include <fmt/format.h>
#include <getopt.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "base/log.hpp"
#include "base/sandbox.hpp"
#include "broker/broker.hpp"
#include "broker/inherited.hpp"
#include "broker/kernel_suites.hpp"
#include "broker/key_check.hpp"
#include "broker/needs.hpp"
#include "broker/watchdog.hpp"
#include "ktls/cipher_probe.hpp"
#include "netlink/network_namespace.hpp"
#include "tls/library.hpp"

namespace {

constexpr const char* usage = R"(Usage: ktlsd [OPTION]...
Performs TLS handshakes for the kernel and for applications, and gives the keys to the kernel.

  -c, --config FILE   configuration; default: /etc/ktlsd/ktlsd.toml
      --check         read the configuration and the files it names, say what is wrong, and exit
      --helpers DIR   where ktlsd-worker and ktlsd-signer are; default: )" KTLS_HELPER_DIR R"(
      --debug         log more
  -h, --help          this text
      --version       the version
Runs in the foreground and logs to standard error. Exit status: 0 after SIGTERM or SIGINT, 1 when it
cannot start, 2 for a mistake on the command line.
)";

struct Options {
  ktls::ConfigurationSource configuration;
  bool only_check = false;
  std::string helpers = KTLS_HELPER_DIR;
};

// An exit status when there is nothing more to do.
std::optional<int> parse_options(int count, char** arguments, Options& options) {
  enum : int { Check = 1000, Helpers, Debug, Version };
  static constexpr std::array<option, 7> known{{
      {"config", required_argument, nullptr, 'c'},
      {"check", no_argument, nullptr, Check},
      {"helpers", required_argument, nullptr, Helpers},
      {"debug", no_argument, nullptr, Debug},
      {"help", no_argument, nullptr, 'h'},
      {"version", no_argument, nullptr, Version},
      {nullptr, 0, nullptr, 0},
  }};
  int found = 0;
  while ((found = ::getopt_long(count, arguments, "c:h", known.data(), nullptr)) != -1) {
    switch (found) {
    case 'c':
      options.configuration = {optarg, true};
      break;
    case Check:
      options.only_check = true;
      break;
    case Helpers:
      options.helpers = optarg;
      break;
    case Debug:
      ktls::log::set_level(ktls::log::Level::Debug);
      break;
    case 'h':
      fmt::print("{}", usage);
      return 0;
    case Version:
      fmt::print("ktlsd {}\n", KTLS_VERSION);
      return 0;
    default:
      fmt::print(stderr, "Try 'ktlsd --help'.\n");
      return 2;
    }
  }
  if (optind == count)
    return std::nullopt;
  fmt::print(stderr, "ktlsd: unexpected argument '{}'\nTry 'ktlsd --help'.\n", arguments[optind]);
  return 2;
}

void report(const ktls::policy::Problems& problems) {
  for (const auto& line : problems.lines)
    ktls::log::error("{}", line);
}

// Each handshake holds a descriptor, as does each connection to agent.sock. With fewer than the
// limits allow, one user could take those of all.
void raise_descriptor_limit(const ktls::policy::AgentSettings& settings) {
  constexpr std::size_t for_itself = 64;
  const std::size_t needed =
      settings.max_handshakes + settings.max_queued + settings.max_connections + for_itself;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < needed)
    ktls::log::warning("only {} file descriptors may be open, and the limits of [agent] allow for "
                       "{}: raise RLIMIT_NOFILE, or lower these limits",
                       limit.rlim_max, needed);
}

// The kernel holds only a handful of upcalls that nobody has accepted, 3 on a machine with 1 GiB,
// and refuses the next: this process has to be there at once. Its children are as others are.
void raise_priority() {
  constexpr int ahead_of_others = -15;
  const sched_param none{};
  (void)::sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none);
  (void)::setpriority(PRIO_PROCESS, 0, ahead_of_others); // without CAP_SYS_NICE it stays as it is
}

// What is opened of the kernel in each network namespace.
struct Kernel {
  std::vector<ktls::KernelSource> handshakes;
  std::vector<ktls::TcpSockets> sockets;

  void open_sockets() {
    if (auto opened = ktls::TcpSockets::create())
      sockets.push_back(std::move(*opened));
    else
      ktls::log::warning("sessions are not followed: {}; modprobe tcp_diag",
                         opened.error().message());
  }
  [[nodiscard]] bool can_destroy() { return !sockets.empty() && sockets.front().can_destroy(); }
};

// Those of the configured network namespaces all exist, or the agent does not start.
ktls::Result<Kernel> open_kernel(const ktls::policy::AgentSettings& settings) {
  Kernel kernel;
  if (auto own = ktls::HandshakeSocket::create())
    kernel.handshakes.push_back({"", std::move(*own)});
  else
    ktls::log::warning("kernel services such as NFS are not served: {}", own.error().message());
  kernel.open_sockets();
  for (const auto& space : settings.network_namespaces) {
    const auto open = [&]() -> ktls::Result<> {
      kernel.handshakes.push_back({space.path, TRY(ktls::HandshakeSocket::create())});
      kernel.open_sockets();
      return {};
    };
    if (auto opened = ktls::in_network_namespace(space.path, open); !opened)
      return ktls::add_context(std::move(opened).error(), space.where);
  }
  return kernel;
}

bool ends_sessions(const ktls::policy::Policy& policy) {
  return std::ranges::any_of(policy.profiles(), [](const ktls::policy::ProfileSettings& profile) {
    return profile.mapping.revoked_sessions == ktls::policy::RevokedSessions::End;
  });
}

// CAP_SYS_PTRACE is for rules by executable: /proc/PID/exe of other users' processes; and to end
// sessions where the kernel does not do that: their sockets in such processes, which are listed
// with CAP_DAC_READ_SEARCH. Where they are missing the broker refuses such policies.
ktls::Result<> give_up_capabilities(const ktls::policy::Policy& policy, Kernel& kernel) {
  std::vector<int> kept;
  if (ktls::has_capability(CAP_NET_ADMIN)) {
    kept.push_back(CAP_NET_ADMIN);
  } else {
    kernel.handshakes.clear();
    ktls::log::warning("kernel services such as NFS are not served: CAP_NET_ADMIN is missing");
  }
  const bool sees_processes =
      policy.asked_facts().executable || (ends_sessions(policy) && !kernel.can_destroy());
  for (const int capability : {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH}) {
    if (sees_processes && ktls::has_capability(capability))
      kept.push_back(capability);
  }
  return ktls::keep_capabilities(kept);
}

// Those whose names begin so.
std::vector<ktls::Inherited> take_all(std::vector<ktls::Inherited>& from, std::string_view prefix) {
  const auto others = std::stable_partition(
      from.begin(), from.end(), [&](const auto& each) { return !each.name.starts_with(prefix); });
  std::vector<ktls::Inherited> out(std::make_move_iterator(others),
                                   std::make_move_iterator(from.end()));
  from.erase(others, from.end());
  return out;
}

ktls::Broker::Options broker_options(const Options& options, ktls::KernelSuites suites,
                                     std::vector<ktls::Inherited> inherited) {
  ktls::Broker::Options out{options.configuration, std::move(suites), options.helpers};
  out.sessions = take_all(inherited, ktls::SessionStore::name_prefix);
  out.secrets = take_all(inherited, ktls::SecretStore::name_prefix);
  out.agent_socket = ktls::take(inherited, "agent");
  out.metrics_socket = ktls::take(inherited, "metrics");
  ktls::close_rest(std::move(inherited));
  return out;
}

ktls::Result<int> serve(const Options& options, ktls::Configuration configuration,
                        ktls::KernelSuites suites, std::vector<ktls::Inherited> inherited) {
  raise_descriptor_limit(configuration.policy.agent());
  raise_priority();
  auto kernel = TRY(open_kernel(configuration.policy.agent()));
  TRY(ktls::forbid_inspection());
  if (const auto locked = ktls::lock_memory(); !locked)
    ktls::log::warning("keys could be swapped to disk: {}", locked.error().message());
  TRY(give_up_capabilities(configuration.policy, kernel));
  auto loop = TRY(ktls::EventLoop::create());
  ktls::Broker broker(loop, broker_options(options, std::move(suites), std::move(inherited)),
                      std::move(kernel.handshakes), std::move(kernel.sockets), [] {
                        (void)::sd_notify(0, "READY=1");
                        ktls::log::info("ktlsd {} is ready", KTLS_VERSION);
                      });
  const auto stop = [&broker] { broker.stop(); };
  const auto on_term = TRY(loop.on_signal(SIGTERM, stop));
  const auto on_int = TRY(loop.on_signal(SIGINT, stop));
  const auto on_hangup = TRY(loop.on_signal(SIGHUP, [&broker] { broker.reload(); }));
  ktls::Watchdog watchdog(loop);
  watchdog.start();
  broker.start(std::move(configuration));
  return loop.run();
}

bool network_namespaces_exist(const ktls::policy::AgentSettings& settings) {
  ktls::policy::Problems problems;
  for (const auto& space : settings.network_namespaces) {
    if (const auto found = ktls::check_network_namespace(space.path); !found)
      problems.lines.push_back(space.where + ": " + found.error().message());
  }
  report(problems);
  return problems.lines.empty();
}

int run(const Options& options, std::vector<ktls::Inherited> inherited) {
  const auto ciphers = ktls::probe_ciphers();
  if (!ciphers && !options.only_check) {
    ktls::log::error("{}", ciphers.error().message());
    return 1;
  }
  auto suites = ciphers ? ktls::suites_of(*ciphers) : ktls::all_suites();
  auto configuration = ktls::read_configuration(options.configuration, suites);
  if (!configuration) {
    report(configuration.error());
    return 1;
  }
  if (!network_namespaces_exist(configuration->policy.agent()))
    return 1;
  for (const auto& line : configuration->snapshot.warnings)
    ktls::log::warning("{}", line);
  if (options.only_check) {
    const auto problems = ktls::check_keys(configuration->snapshot, options.helpers);
    report(problems);
    return problems.lines.empty() ? 0 : 1;
  }
  ktls::log::info("{}", ktls::tls::describe_library());
  ktls::log::info("this kernel takes {}", fmt::join(suites.tls13, ", "));
  const auto status =
      serve(options, std::move(*configuration), std::move(suites), std::move(inherited));
  if (!status) {
    ktls::log::error("{}", status.error().message());
    return 1;
  }
  return *status;
}

} // namespace

int main(int count, char** arguments) {
  // for the helpers too: whoever reads the log may go away, or its file be as large as it may get
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  ktls::log::prepare();
  Options options;
  if (const auto done = parse_options(count, arguments, options))
    return *done;
  return run(options, ktls::take_inherited());
}
