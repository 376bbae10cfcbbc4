// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/explain.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>

#include "base/host_name.hpp"
#include "base/text.hpp"
#include "broker/accounts.hpp"
#include "broker/configuration.hpp"
#include "broker/dispatcher.hpp"
#include "ktlsctl/account_option.hpp"
#include "ktlsctl/status.hpp"
#include "policy/explanation.hpp"

namespace ktls::command {
namespace {

using namespace policy;

// As given on the command line.
struct Connection {
  ConfigurationSource source;
  Origin origin = Origin::Application;
  std::string direction;
  std::string role;
  std::string local;
  std::string remote;
  std::string user;
  std::vector<std::string> groups;
  std::string unit;
  std::string executable;
  std::string server_name;
  std::string network_namespace{own_network_namespace};
  std::string time;
};

[[noreturn]] void reject(const std::string& option, const std::string& why) {
  throw CLI::ValidationError(option, why);
}

// "192.0.2.1", "192.0.2.1:443", "[2001:db8::1]:443" or ":443".
void read_end(const std::string& option, std::string_view text, std::optional<IpAddress>& address,
              std::uint16_t& port) {
  std::string_view host = text;
  std::string_view number;
  const auto bracket = text.rfind(']');
  const auto colon = text.rfind(':');
  const bool is_bare_v6 = bracket == std::string_view::npos && text.find(':') != colon;
  if (colon != std::string_view::npos && !is_bare_v6 &&
      (bracket == std::string_view::npos || colon > bracket)) {
    host = text.substr(0, colon);
    number = text.substr(colon + 1);
  }
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  if (!host.empty() && !(address = IpAddress::parse(host)))
    reject(option, fmt::format("\"{}\" is no IP address", host));
  if (number.empty())
    return;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), port);
  if (error != std::errc() || end != number.data() + number.size())
    reject(option, fmt::format("\"{}\" is no port", number));
}

// "mon 14:30"
LocalTime read_time(const std::string& text) {
  if (text.empty())
    return local_time();
  constexpr std::array<std::string_view, 7> days{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const auto* day = std::ranges::find(days, lower_case(text.substr(0, 3)));
  unsigned hour = 0;
  unsigned minute = 0;
  int used = 0;
  if (day == days.end() || text.size() < 5 ||
      std::sscanf(text.c_str() + 3, " %2u:%2u%n", &hour, &minute, &used) != 2 ||
      static_cast<std::size_t>(used) + 3 != text.size() || hour > 23 || minute > 59)
    reject("--time", "must be a day of the week and a time: \"mon 14:30\"");
  return {static_cast<unsigned>(day - days.begin()), hour * 60 + minute};
}

Facts facts_of(const Connection& from) {
  const auto accounts = local_accounts();
  Facts facts;
  facts.origin = from.origin;
  if (!from.direction.empty())
    facts.direction = from.direction == "inbound" ? Direction::Inbound : Direction::Outbound;
  if (!from.role.empty())
    facts.role = from.role == "client" ? AskedRole::Client : AskedRole::Server;
  read_end("--local", from.local, facts.local_address, facts.local_port);
  read_end("--remote", from.remote, facts.remote_address, facts.remote_port);
  if (!from.user.empty())
    facts.uid = number_of("--user", from.user, accounts.uid);
  for (const auto& group : from.groups)
    facts.groups.push_back(number_of("--group", group, accounts.gid));
  facts.unit = from.unit;
  facts.executable = from.executable;
  if (!from.server_name.empty()) {
    const auto name = HostName::parse(from.server_name);
    if (!name || name->is_address())
      reject("--server-name", fmt::format("\"{}\" is no DNS name", from.server_name));
    facts.server_name = lower_case(name->text());
  }
  facts.network_namespace = from.network_namespace;
  return facts;
}

int explain(const Connection& connection) {
  const auto facts = facts_of(connection);
  const auto time = read_time(connection.time);
  const auto policy = read_policy(connection.source);
  if (!policy) {
    for (const auto& line : policy.error().lines)
      fmt::print(stderr, "error: {}\n", line);
    return failed;
  }
  fmt::print("{}", explanation(*policy, facts, time));
  return success;
}

} // namespace

void add_explain(CLI::App& policy, int& status) {
  auto* command = policy.add_subcommand(
      "explain", "Say which rule a connection gets, and why the rules before it do not apply");
  auto what = std::make_shared<Connection>();
  const std::map<std::string, Origin> origins{{"kernel", Origin::Kernel},
                                              {"application", Origin::Application},
                                              {"listener", Origin::Listener}};
  const auto* config =
      command->add_option("--config", what->source.path, "The main file")->capture_default_str();
  command->add_option("--origin", what->origin, "Who asks: kernel, application or listener")
      ->transform(CLI::CheckedTransformer(origins))
      ->default_str("application");
  command->add_option("--direction", what->direction, "inbound: accepted here; outbound: connected")
      ->check(CLI::IsMember({"inbound", "outbound"}));
  command->add_option("--role", what->role, "The role that is asked for, if one is")
      ->check(CLI::IsMember({"client", "server"}));
  command->add_option("--local", what->local, "ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT or :PORT");
  command->add_option("--remote", what->remote, "likewise");
  command->add_option("--user", what->user, "Name or number");
  command->add_option("--group", what->groups, "Name or number; more than one is possible");
  command->add_option("--unit", what->unit, "Of systemd: nginx.service");
  command->add_option("--executable", what->executable, "Path");
  command->add_option("--server-name", what->server_name, "The DNS name that is asked for");
  command->add_option("--network-namespace", what->network_namespace, "Path, or own")
      ->capture_default_str();
  command->add_option("--time", what->time, "\"mon 14:30\"; now without it");
  command->callback([what, config, &status] {
    what->source.named = config->count() > 0;
    what->source.user = agent_user();
    status = explain(*what);
  });
}

} // namespace ktls::command
