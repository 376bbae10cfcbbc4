// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/rule_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "policy/condition_lists.hpp"

namespace ktls::policy {
namespace {

constexpr std::size_t max_text_shown = 64;

constexpr std::array<Key, 18> rule_key_list{{
    {"name", ""},
    {"priority", "Priority"},
    {"profile", ""},
    {"action", ""},
    {"origin", ""},
    {"direction", "Direction"},
    {"role", ""},
    {"local_address", "LocalAddr"},
    {"remote_address", "RemoteAddr"},
    {"local_port", "LocalPortRange"},
    {"remote_port", "RemotePortRange"},
    {"user", "Userid"},
    {"group", ""},
    {"unit", "Jobname"},
    {"executable", ""},
    {"server_name", ""},
    {"network_namespace", ""},
    {"time", ""},
}};

constexpr std::array<Choice<Action>, 2> actions{{
    {"clear", "", Action::Clear},
    {"deny", "", Action::Deny},
}};
constexpr std::array<Choice<Origin>, 3> origins{{
    {"kernel", "", Origin::Kernel},
    {"application", "", Origin::Application},
    {"listener", "", Origin::Listener},
}};
constexpr std::array<Choice<AskedRole>, 2> asked_roles{{
    {"client", "Client", AskedRole::Client},
    {"server", "Server", AskedRole::Server},
}};
constexpr std::array<Choice<std::optional<Direction>>, 3> directions{{
    {"inbound", "Inbound", Direction::Inbound},
    {"outbound", "Outbound", Direction::Outbound},
    {"both", "Both", std::nullopt},
}};

void read_origins(const Table& in, Alternatives<Origin>& out) {
  const auto parse = [](const std::string& text) -> Parsed<Interval<Origin>> {
    for (const auto& choice : origins) {
      if (is_called(choice, text))
        return exactly(choice.value);
    }
    return tl::unexpected(fmt::format("\"{}\" is not one of: kernel, application, listener",
                                      escape(text, max_text_shown)));
  };
  read_texts(in, "origin", parse, out);
}

void read_namespaces(const Table& in, const AgentSettings& agent, Alternatives<std::string>& out) {
  const auto parse = [&](const std::string& text) -> Parsed<Interval<std::string>> {
    const auto& served = agent.network_namespaces;
    if (text == own_network_namespace ||
        std::ranges::find(served, text, &LocatedPath::path) != served.end())
      return exactly(text);
    return tl::unexpected(
        fmt::format("\"{}\" is neither \"own\" nor one of agent.network_namespaces",
                    escape(text, max_text_shown)));
  };
  read_texts(in, "network_namespace", parse, out);
}

Conditions read_conditions(const Table& in, const AgentSettings& agent, KnownAccounts& accounts) {
  Conditions out;
  read_origins(in, out.origin);
  std::optional<Direction> direction;
  in.read("direction", directions, direction);
  if (direction)
    out.direction = {exactly(*direction)};
  auto role = AskedRole::Client;
  in.read("role", asked_roles, role);
  if (in.has("role"))
    out.role = {exactly(role)};
  read_texts(in, "local_address", parse_addresses, out.local_address);
  read_texts(in, "remote_address", parse_addresses, out.remote_address);
  read_ports(in, "local_port", out.local_port);
  read_ports(in, "remote_port", out.remote_port);
  for (const auto uid : read_users(in, "user", max_alternatives, accounts))
    out.uid.push_back(exactly(uid));
  for (const auto gid : read_groups(in, "group", max_alternatives, accounts))
    out.group.push_back(exactly(gid));
  for (const auto& unit : read_units(in, "unit", max_alternatives))
    out.unit.push_back(name_or_beginning(unit));
  read_texts(in, "executable", parse_executable, out.executable);
  read_texts(in, "server_name", parse_server_names, out.server_name);
  read_namespaces(in, agent, out.network_namespace);
  return out;
}

std::vector<TimeWindow> read_times(const Table& in) {
  std::vector<TimeWindow> out;
  in.each("time", max_alternatives, [&](const Entry& entry, const toml::node& value) {
    const auto* text = value.as_string();
    const auto window = text == nullptr ? std::nullopt : parse_time_window(text->get());
    if (window)
      out.push_back(*window);
    else
      in.problem(entry, value,
                 "must be days or times or both, as \"mon-fri 08:00-18:00\" or \"sat,sun\" or "
                 "\"22:00-06:00\"");
  });
  return out;
}

// The kernel's keys are for its own connections.
void check_keyring(const Table& in, const Rule& rule, const ProfileSettings& profile) {
  const auto is_kernel = [](const Interval<Origin>& origin) {
    return origin == exactly(Origin::Kernel);
  };
  if (profile.psk == PskKind::Keyring &&
      (rule.conditions.origin.empty() || !std::ranges::all_of(rule.conditions.origin, is_kernel)))
    in.conflict("profile", fmt::format("{} has psk = \"keyring\": the rule needs origin = "
                                       "\"kernel\", and no other",
                                       profile.name));
}

void read_outcome(const Table& in, const RuleReader& reader, Rule& out) {
  if (in.has("profile") == in.has("action")) {
    in.report().add(in.place(), in.name(),
                    "needs either profile or action, which is \"clear\" or \"deny\"");
    return;
  }
  in.read("action", actions, out.action);
  if (const auto* entry = in.find("profile")) {
    if (const auto number = reader.profile_names.find(in, *entry, *entry->value)) {
      out.action = Action::Profile;
      out.profile = *number;
      check_keyring(in, out, reader.profiles[*number]);
    }
  }
}

// What the table is called in messages.
std::string path_of(const toml::table& table) {
  const auto* name = table.get_as<std::string>("name");
  return name == nullptr ? "rule" : fmt::format("rule.{}", escape(name->get(), max_text_shown));
}

} // namespace

Rule RuleReader::read(const toml::table& table, std::uint32_t file) const {
  const Table in(path_of(table), table, file, rule_key_list, report);
  Rule out;
  out.where = report.where(in.place());
  if (!in.has("name"))
    in.missing("name", "each rule has one");
  if (const auto name = in.text("name")) {
    out.name = *name;
    (void)rule_names.add(*name, in.find("name")->path(), in.find("name")->place());
  }
  in.read("priority", 1, max_priority, out.priority);
  out.conditions = read_conditions(in, agent, accounts);
  out.times = read_times(in);
  read_outcome(in, *this, out);
  return out;
}

} // namespace ktls::policy
