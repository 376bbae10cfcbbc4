// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/name_index.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace ktls::policy {
namespace {

constexpr std::size_t max_name = 64;

bool is_name(std::string_view name) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !name.empty() && name.size() <= max_name &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

} // namespace

bool NameIndex::add(const std::string& name, std::string_view path, Place place) {
  if (!is_name(name)) {
    report_.add(place, path,
                fmt::format("a name has 1 to {} letters, digits, '_' and '-'", max_name));
    return false;
  }
  const auto [found, is_new] = numbers_.emplace(name, places_.size());
  if (!is_new) {
    report_.add(place, path,
                fmt::format("there is a {} \"{}\" already, in {}", kind_, name,
                            report_.where(places_[found->second])));
    return false;
  }
  places_.push_back(place);
  return true;
}

std::optional<std::size_t> NameIndex::find(const Table& in, const Entry& entry,
                                           const toml::node& value) const {
  const auto* name = value.as_string();
  if (name == nullptr) {
    in.problem(entry, value, fmt::format("must be the name of a {}", kind_));
    return std::nullopt;
  }
  if (const auto found = numbers_.find(name->get()); found != numbers_.end())
    return found->second;
  if (report_.has_seen_everything()) {
    constexpr std::size_t most_compared = 1000;
    std::vector<std::string_view> names;
    for (const auto& [known, number] : numbers_) {
      if (numbers_.size() <= most_compared)
        names.push_back(known);
    }
    std::ranges::sort(names);
    in.problem(entry, value,
               fmt::format("there is no {} \"{}\"{}", kind_, escape(name->get(), max_name),
                           suggestion(name->get(), names)));
  }
  return std::nullopt;
}

} // namespace ktls::policy
