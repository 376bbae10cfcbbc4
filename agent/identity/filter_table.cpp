// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/filter_table.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "base/text.hpp"
#include "identity/pin_line.hpp"
#include "policy/condition_lists.hpp"

namespace ktls::identity {
namespace {

using policy::Table;

constexpr std::size_t max_rules = 1024;

constexpr std::array<policy::Key, 8> filter_key_list{{
    {"name", ""},
    {"anchor", ""},
    {"match", ""},
    {"user", ""},
    {"realm", ""},
    {"rule", ""},
    {"local_port", ""},
    {"server_name", ""},
}};

std::string path_of(const toml::table& table) {
  const auto* name = table.get_as<std::string>("name");
  return name == nullptr ? "filter"
                         : fmt::format("filter.{}", escape(name->get(), policy::max_name_shown));
}

std::optional<MatchRule> read_match(const Table& in) {
  const auto text = in.text("match");
  if (!text) {
    if (!in.has("match"))
      in.missing("match", "which certificates it is for, as <SUBJECT>CN=alice,O=Example");
    return std::nullopt;
  }
  auto rule = MatchRule::parse(*text);
  if (!rule) {
    in.problem(*in.find("match"), rule.error());
    return std::nullopt;
  }
  return *std::move(rule);
}

Criteria read_criteria(const Table& in) {
  Criteria out;
  out.rules = in.strings("rule", max_rules);
  policy::read_ports(in, "local_port", out.local_ports);
  policy::read_texts(in, "server_name", policy::parse_server_names, out.server_names);
  return out;
}

} // namespace

tl::expected<std::optional<UserTemplate>, NotRead>
read_user(const Table& in, std::string_view otherwise, bool may_deny) {
  const auto realm = in.text("realm");
  auto text = in.text("user");
  if (!text && !in.has("user")) {
    if (otherwise.empty())
      in.missing("user", "whose certificate it is");
    else
      text = otherwise;
  }
  if (!text || (in.has("realm") && !realm))
    return tl::make_unexpected(NotRead{});
  if (may_deny && *text == deny_user) {
    in.conflict("realm", "has no meaning where nobody is mapped");
    return std::nullopt;
  }
  auto user = UserTemplate::parse(*text, realm.value_or(""));
  if (user)
    return *std::move(user);
  if (const auto* entry = in.find("user"))
    in.problem(*entry, user.error());
  else
    in.report().add(in.place(), in.name(), fmt::format("user {}", user.error()));
  return tl::make_unexpected(NotRead{});
}

std::optional<Filter> FilterReader::read(const toml::table& table, std::uint32_t file) const {
  const Table in(path_of(table), table, file, filter_key_list, report);
  const auto name = in.text("name");
  if (name)
    (void)filter_names.add(*name, in.find("name")->path(), in.find("name")->place());
  else if (!in.has("name"))
    in.missing("name", "each filter has one");
  std::optional<std::size_t> anchor;
  if (const auto* entry = in.find("anchor"))
    anchor = anchor_names.find(in, *entry, *entry->value);
  else
    in.missing("anchor", "names say nothing without the authority that gives them");
  auto match = read_match(in);
  auto user = read_user(in, "", true);
  auto criteria = read_criteria(in);
  if (!name || !anchor || !match || !user)
    return std::nullopt;
  return Filter{*name,
                *anchor,
                *std::move(match),
                *std::move(user),
                std::move(criteria),
                report.where(in.place())};
}

void check_ties(const std::vector<Filter>& filters, const std::vector<policy::Place>& places,
                policy::Report& report) {
  std::map<std::string, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < filters.size(); ++i) {
    auto& before = alike[filters[i].match.key()];
    for (const auto other : before) {
      const auto tie = tie_of(filters[other], filters[i]);
      if (!tie.empty())
        report.add(places[i], fmt::format("filter.{}", filters[i].name), tie);
    }
    before.push_back(i);
  }
}

} // namespace ktls::identity
