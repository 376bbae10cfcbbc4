// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/account_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.hpp"

namespace ktls::policy {
namespace {

template<class Id, class Find>
std::vector<Id> read_ids(const Table& in, std::string_view key, std::size_t most,
                         std::string_view what, Find find) {
  constexpr std::int64_t largest = std::numeric_limits<Id>::max() - 1; // the last means "none"
  std::vector<Id> out;
  in.each(key, most, [&](const Entry& entry, const toml::node& value) {
    const auto* number = value.as_integer();
    const auto* name = value.as_string();
    if (number != nullptr && number->get() >= 0 && number->get() <= largest) {
      out.push_back(static_cast<Id>(number->get()));
    } else if (name == nullptr || name->get().empty()) {
      in.problem(entry, value, fmt::format("must be the name or the number of a {}", what));
    } else if (const auto id = find(name->get())) {
      out.push_back(*id);
    } else {
      in.problem(entry, value,
                 fmt::format("there is no {} \"{}\"", what, escape(name->get(), max_name_shown)));
    }
  });
  return out;
}

template<class Id, class Ask>
std::optional<Id> once(std::unordered_map<std::string, std::optional<Id>>& known,
                       const std::string& name, const Ask& ask) {
  const auto found = known.find(name);
  if (found != known.end())
    return found->second;
  return known[name] = ask && name.find('\0') == std::string::npos ? ask(name) : std::nullopt;
}

} // namespace

std::optional<uid_t> KnownAccounts::uid(const std::string& name) {
  return once(uids_, name, accounts_.uid);
}
std::optional<gid_t> KnownAccounts::gid(const std::string& name) {
  return once(gids_, name, accounts_.gid);
}

std::vector<uid_t> read_users(const Table& in, std::string_view key, std::size_t most,
                              KnownAccounts& accounts) {
  return read_ids<uid_t>(in, key, most, "user",
                         [&](const std::string& name) { return accounts.uid(name); });
}
std::vector<gid_t> read_groups(const Table& in, std::string_view key, std::size_t most,
                               KnownAccounts& accounts) {
  return read_ids<gid_t>(in, key, most, "group",
                         [&](const std::string& name) { return accounts.gid(name); });
}

std::vector<std::string> read_units(const Table& in, std::string_view key, std::size_t most) {
  constexpr std::size_t longest = 255; // systemd's limit
  // systemd.unit(5)
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
  std::vector<std::string> out;
  in.each(key, most, [&](const Entry& entry, const toml::node& value) {
    const auto* text = value.as_string();
    const auto name = text == nullptr ? std::string() : text->get();
    const auto stem = std::string_view(name).substr(0, name.size() - (name.ends_with('*') ? 1 : 0));
    if (name.empty() || name.size() > longest ||
        stem.find_first_not_of(allowed) != std::string_view::npos)
      in.problem(entry, value,
                 "must be the name of a unit, or with \"*\" at the end its beginning");
    else if (!name.ends_with('*') && name.find('.') == std::string::npos)
      in.problem(entry, value,
                 fmt::format("\"{0}\" has no type; is it {0}.service?", escape(name)));
    else
      out.push_back(name);
  });
  return out;
}

} // namespace ktls::policy
