// SPDX-License-Identifier: GPL-2.0-or-later
// ktls-mapd: says, over D-Bus, which local user a certificate belongs to, and whether the account
// may be used. Has no keys, and no capabilities.

#include <fmt/format.h>
#include <getopt.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "base/log.hpp"
#include "base/sandbox.hpp"
#include "mapper/daemon.hpp"

namespace {

constexpr const char* usage = R"(Usage: ktls-mapd [OPTION]...
Says, over D-Bus, which local user a certificate belongs to (org.ktlsctl.Mapper1).

  -c, --config FILE   configuration; default: /etc/ktlsd/mapd.toml
      --check         read the configuration and the files it names, say what is wrong, and exit
      --caller USER   who may ask, beside root; default: ktlsd
      --helpers DIR   where ktls-mapd-account is; default: )" KTLS_HELPER_DIR R"(
      --debug         log more
  -h, --help          this text
      --version       the version
Runs in the foreground and logs to standard error. Exit status: 0 after SIGTERM or SIGINT, 1 when it
cannot start or the bus ends, 2 for a mistake on the command line.
)";

struct Options {
  ktls::Daemon::Options daemon{{}, KTLS_HELPER_DIR, "ktlsd"};
  bool only_check = false;
};

// An exit status when there is nothing more to do.
std::optional<int> parse_options(int count, char** arguments, Options& options) {
  enum : int { Check = 1000, Caller, Helpers, Debug, Version };
  static constexpr std::array<option, 8> known{{
      {"config", required_argument, nullptr, 'c'},
      {"check", no_argument, nullptr, Check},
      {"caller", required_argument, nullptr, Caller},
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
      options.daemon.configuration = {optarg, true};
      break;
    case Check:
      options.only_check = true;
      break;
    case Caller:
      options.daemon.caller = optarg;
      break;
    case Helpers:
      options.daemon.account_helper = optarg;
      break;
    case Debug:
      ktls::log::set_level(ktls::log::Level::Debug);
      break;
    case 'h':
      fmt::print("{}", usage);
      return 0;
    case Version:
      fmt::print("ktls-mapd {}\n", KTLS_VERSION);
      return 0;
    default:
      fmt::print(stderr, "Try 'ktls-mapd --help'.\n");
      return 2;
    }
  }
  options.daemon.account_helper += "/ktls-mapd-account";
  if (optind == count)
    return std::nullopt;
  fmt::print(stderr, "ktls-mapd: unexpected argument '{}'\nTry 'ktls-mapd --help'.\n",
             arguments[optind]);
  return 2;
}

ktls::Result<int> serve(const Options& options, ktls::identity::Mapping mapping) {
  constexpr mode_t nobody_else = 077;
  (void)::umask(nobody_else);
  TRY(ktls::forbid_inspection());
  TRY(ktls::drop_capabilities());
  if (::geteuid() == 0)
    ktls::log::warning("this runs as root, and should have a user of its own: ktls-mapd");
  auto loop = TRY(ktls::EventLoop::create());
  const auto stop = [&loop] { loop.exit(0); };
  // before there are threads, which would get them instead
  const auto on_term = TRY(loop.on_signal(SIGTERM, stop));
  const auto on_int = TRY(loop.on_signal(SIGINT, stop));
  ktls::Daemon* serving = nullptr;
  const auto on_hangup = TRY(loop.on_signal(SIGHUP, [&serving] { serving->reload(); }));
  const auto daemon = TRY(ktls::Daemon::start(loop, options.daemon, std::move(mapping)));
  serving = daemon.get();
  (void)::sd_notify(0, "READY=1");
  ktls::log::info("ktls-mapd {} is ready", KTLS_VERSION);
  const auto status = loop.run();
  if (!status)
    ktls::log::error("{}", status.error().message());
  // a thread may hang in NSS, and would not survive the end of what it uses
  ::_exit(status.value_or(1));
}

int run(const Options& options) {
  auto mapping = ktls::read_mapping(options.daemon.configuration);
  if (!mapping) {
    for (const auto& line : mapping.error().lines)
      ktls::log::error("{}", line);
    return 1;
  }
  if (options.only_check)
    return 0;
  const auto status = serve(options, std::move(*mapping));
  if (!status) {
    ktls::log::error("{}", status.error().message());
    return 1;
  }
  return *status;
}

} // namespace

int main(int count, char** arguments) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  ktls::log::prepare();
  Options options;
  if (const auto done = parse_options(count, arguments, options))
    return *done;
  return run(options);
}
