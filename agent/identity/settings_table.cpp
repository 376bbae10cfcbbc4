// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/settings_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "identity/user_name.hpp"
#include "policy/toml_table.hpp"

namespace ktls::identity {
namespace {

using policy::Entry;
using policy::Report;
using policy::Table;

constexpr std::size_t max_domains = 64;
constexpr std::size_t max_mappers = 8;
constexpr std::size_t max_system_users = 1024;
constexpr std::string_view own_bus_name = "org.ktlsctl.Mapper1";

constexpr std::array<policy::Key, 2> sssd_keys{{{"enabled", ""}, {"domains", ""}}};
constexpr std::array<policy::Key, 2> mapper_keys{{{"bus_name", ""}, {"strength", ""}}};
constexpr std::array<policy::Key, 5> account_keys{{
    {"system_users", ""},
    {"first_uid", ""},
    {"password_lock_revokes", ""},
    {"nologin_shell_revokes", ""},
    {"pam_service", ""},
}};
constexpr std::array<policy::Choice<Strength>, 2> strengths{{
    {"weak", "", Strength::Weak},
    {"strong", "", Strength::Strong},
}};

// Of the file that the domains are in.
void read_domains(const Table& in, std::vector<SssdSettings::Domain>& to) {
  const auto* entry = in.find("domains");
  if (entry == nullptr)
    return;
  const auto* table = entry->value->as_table();
  if (table == nullptr || table->size() > max_domains)
    return in.problem(*entry, fmt::format("must be a table of up to {} domains: {{ \"corp\" = "
                                          "\"strong\" }}",
                                          max_domains));
  for (const auto& [name, value] : *table) {
    const auto* text = value.as_string();
    const auto* strength = text == nullptr ? strengths.end()
                                           : std::ranges::find(strengths, text->get(),
                                                               &policy::Choice<Strength>::name);
    if (strength == strengths.end())
      in.problem(*entry, value,
                 fmt::format("\"{}\" must be \"weak\" or \"strong\"",
                             escape(name.str(), policy::max_name_shown)));
    else
      to.push_back({std::string(name.str()), strength->value});
  }
}

// D-Bus specification, "Bus names".
bool is_bus_name(std::string_view text) {
  constexpr std::size_t most = 255;
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  constexpr std::string_view digits = "0123456789";
  bool at_begin = true;
  for (const char c : text) {
    if (at_begin && (c == '.' || digits.find(c) != std::string_view::npos))
      return false;
    at_begin = c == '.';
  }
  return !at_begin && text.size() <= most && text.find('.') != std::string_view::npos &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

OtherMapper read_mapper(const Table& in, const std::vector<OtherMapper>& before, Report& report) {
  OtherMapper out;
  out.where = report.where(in.place());
  in.read("strength", strengths, out.strength);
  if (!in.has("bus_name"))
    in.missing("bus_name", "each mapper has one");
  out.bus_name = in.text("bus_name").value_or("");
  const auto* entry = in.find("bus_name");
  if (entry == nullptr || entry->value->as_string() == nullptr)
    return out;
  if (!is_bus_name(out.bus_name))
    in.problem(*entry, "must be the name of a service on the bus, as org.example.Mapper");
  else if (out.bus_name == own_bus_name)
    in.problem(*entry, "is ktls-mapd itself");
  const auto same = std::ranges::find(before, out.bus_name, &OtherMapper::bus_name);
  if (same != before.end())
    in.problem(*entry, fmt::format("is there already, in {}", same->where));
  return out;
}

// A file in /etc/pam.d.
bool is_pam_service(std::string_view text) {
  constexpr std::size_t most = 64;
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !text.empty() && text.size() <= most && text.front() != '.' &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

} // namespace

SssdSettings read_sssd(const policy::Documents& documents, Report& report) {
  const auto [table, file, is_there] = documents.only("sssd");
  const Table in("sssd", *table, file, sssd_keys, report);
  SssdSettings out;
  in.read("enabled", out.enabled);
  read_domains(in, out.domains);
  if (is_there && !in.has("enabled"))
    in.missing("enabled", "true, or there is nothing to say about it");
  return out;
}

std::vector<OtherMapper> read_mappers(const policy::Documents& documents, Report& report) {
  std::vector<OtherMapper> out;
  documents.each("mapper", [&](const toml::table& table, std::uint32_t file) {
    const Table in("mapper", table, file, mapper_keys, report);
    if (out.size() == max_mappers)
      return report.add(in.place(), in.name(),
                        fmt::format("there are more than {} mappers", max_mappers));
    out.push_back(read_mapper(in, out, report));
  });
  return out;
}

AccountSettings read_accounts(const policy::Documents& documents, Report& report) {
  constexpr std::int64_t largest_uid = 0xffff'fffe;
  const auto [table, file, is_there] = documents.only("accounts");
  const Table in("accounts", *table, file, account_keys, report);
  AccountSettings out;
  in.each("system_users", max_system_users, [&](const Entry& entry, const toml::node& value) {
    const auto* text = value.as_string();
    if (text == nullptr)
      return in.problem(entry, value, "must be the name of a user");
    if (const auto flaw = flaw_of_user_name(text->get()); !flaw.empty())
      return in.problem(entry, value, "cannot be the name of a user: it " + flaw);
    out.system_users.push_back(text->get());
  });
  in.read("first_uid", 1, largest_uid, out.first_uid);
  in.read("password_lock_revokes", out.password_lock_revokes);
  in.read("nologin_shell_revokes", out.nologin_shell_revokes);
  if (const auto service = in.text("pam_service")) {
    out.pam_service = *service;
    if (!is_pam_service(*service))
      in.problem(*in.find("pam_service"), "must be the name of a file in /etc/pam.d");
  }
  return out;
}

} // namespace ktls::identity
