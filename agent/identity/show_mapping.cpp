// SPDX-License-Identifier: GPL-2.0-or-later
// Mapping::text(): what is in force, as a configuration with all that goes without saying.
#include <fmt/format.h>

#include "identity/mapping_parts.hpp"
#include "policy/condition_values.hpp"
#include "policy/pin.hpp"
#include "policy/toml_writer.hpp"

namespace ktls::identity {
namespace {

using policy::TomlWriter;

void write_mapd(const Mapping::Parts& parts, TomlWriter& out) {
  out.table("[mapd]", "");
  Texts sources;
  for (const auto source : parts.settings.sources)
    sources.emplace_back(name_of(source));
  out.list("sources", sources);
  out.number("max_in_flight", parts.settings.max_in_flight);
  out.list("host_ids", parts.host_ids);
  out.list("pins", parts.pin_files);
  if (parts.pins.size() > 0)
    out.comment(fmt::format("{} pins", parts.pins.size()));
  for (const auto& pin : parts.pins.texts())
    out.comment(pin);
}

void write_anchor(const Anchor& anchor, TomlWriter& out) {
  out.table(fmt::format("[anchor.{}]", anchor.name), anchor.where);
  out.value("spki_sha256", policy::pin_text(*anchor.spki));
  out.value("high_trust", anchor.high_trust);
  out.value("names_trusted", anchor.names_trusted);
  out.list("policy_oids", anchor.policies);
  out.list("upn_suffixes", anchor.upn_suffixes);
  out.list("spiffe_trust_domains", anchor.spiffe_trust_domains);
}

void write_user(const UserTemplate& user, TomlWriter& out) {
  out.value("user", user.text());
  if (!user.realm().empty())
    out.value("realm", user.realm());
}

void write_filter(const Mapping::Parts& parts, const Filter& filter, TomlWriter& out) {
  out.table("[[filter]]", filter.where);
  out.value("name", filter.name);
  out.value("anchor", parts.anchors[filter.anchor].name);
  out.value("match", filter.match.text());
  if (filter.user)
    write_user(*filter.user, out);
  else
    out.value("user", std::string(deny_user));
  out.list("rule", filter.criteria.rules);
  Texts ports;
  for (const auto& interval : filter.criteria.local_ports)
    ports.push_back(policy::toml_string(policy::ports_text(interval)));
  out.raw_list("local_port", ports);
  Texts names;
  for (const auto& interval : filter.criteria.server_names)
    names.push_back(policy::server_names_text(interval));
  out.list("server_name", names);
}

void write_named(std::string_view header, std::string_view key,
                 const std::map<std::string, NamedUser, std::less<>>& entries, TomlWriter& out) {
  constexpr std::size_t max_shown = 100;
  if (entries.size() > max_shown)
    return out.comment(fmt::format("{}: {} of them", header, entries.size()));
  for (const auto& [name, entry] : entries) {
    out.table(header, entry.where);
    out.value(key, name);
    out.value("user", entry.user);
  }
}

void write_extensions(const ExtensionRules& rules, TomlWriter& out) {
  if (rules.host_id_mappings) {
    out.table("[extension]", "");
    out.value("host_id_mappings", true);
  }
  write_named("[[sid]]", "sid", rules.sids, out);
  write_named("[[spiffe]]", "id", rules.spiffe_ids, out);
  for (const auto& [user, where] : rules.upns) {
    out.table("[[upn]]", where);
    write_user(user, out);
  }
  for (const auto& [user, where] : rules.emails) {
    out.table("[[email]]", where);
    write_user(user, out);
  }
}

void write_settings(const Settings& settings, TomlWriter& out) {
  if (settings.sssd.enabled) {
    out.table("[sssd]", "");
    out.value("enabled", true);
    for (const auto& [domain, strength] : settings.sssd.domains)
      out.value(fmt::format("domains.{}", policy::toml_string(domain)),
                std::string(name_of(strength)));
  }
  for (const auto& mapper : settings.mappers) {
    out.table("[[mapper]]", mapper.where);
    out.value("bus_name", mapper.bus_name);
    out.value("strength", std::string(name_of(mapper.strength)));
  }
  const auto& accounts = settings.accounts;
  out.table("[accounts]", "");
  out.list("system_users", accounts.system_users);
  out.number("first_uid", accounts.first_uid);
  out.value("password_lock_revokes", accounts.password_lock_revokes);
  out.value("nologin_shell_revokes", accounts.nologin_shell_revokes);
  if (!accounts.pam_service.empty())
    out.value("pam_service", accounts.pam_service);
}

} // namespace

std::string Mapping::text() const {
  TomlWriter out;
  write_mapd(*parts_, out);
  for (const auto& anchor : parts_->anchors)
    write_anchor(anchor, out);
  if (!parts_->filters.all().empty())
    out.comment("the most specific filter first");
  for (const auto& filter : parts_->filters.all())
    write_filter(*parts_, filter, out);
  write_extensions(parts_->extensions, out);
  write_settings(parts_->settings, out);
  return out.take();
}

} // namespace ktls::identity
