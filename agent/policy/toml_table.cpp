// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "policy/nearest.hpp"

namespace ktls::policy {
namespace {

constexpr std::size_t max_string = 255;

std::vector<std::string_view> names_of(std::span<const Key> keys) {
  std::vector<std::string_view> names;
  for (const auto& key : keys)
    names.push_back(key.name);
  return names;
}

} // namespace

Place place_of(const toml::source_region& source, std::uint32_t file) {
  return {file, source.begin.line};
}

std::string Entry::path() const {
  return fmt::format("{}.{}", table, escape(written));
}

Table::Table(std::string name, const toml::table& from, std::uint32_t file,
             std::span<const Key> keys, Report& report)
    : name_(std::move(name)), place_(place_of(from.source(), file)), report_(report) {
  entries_.reserve(from.size());
  for (const auto& [written, value] : from)
    add(written, value, file, keys);
}

Table::Table(const Table& own, std::span<const Table* const> ancestors)
    : name_(own.name_), place_(own.place_), report_(own.report_), entries_(own.entries_),
      ambiguous_(own.ambiguous_) {
  std::size_t generation = 0;
  for (const auto* ancestor : ancestors) {
    ++generation;
    ambiguous_ = ambiguous_ || ancestor->ambiguous_;
    for (auto entry : ancestor->entries_) {
      entry.generation = generation;
      if (!has(entry.key))
        entries_.push_back(entry);
    }
  }
}

void Table::add(const toml::key& written, const toml::node& value, std::uint32_t file,
                std::span<const Key> keys) {
  const auto key =
      std::ranges::find_if(keys, [&](const Key& one) { return is_called(one, written.str()); });
  if (key == keys.end())
    return unknown(written, file, keys);
  const Entry entry{key->name, written.str(), name_, &value, file, 0};
  if (const auto* same = find(key->name)) {
    ambiguous_ = true;
    return report_.add(place_of(written.source(), file), entry.path(),
                       fmt::format("is the same as {}, which is in this table, too",
                                   escape(same->written, max_name_shown)));
  }
  entries_.push_back(entry);
}

void Table::unknown(const toml::key& written, std::uint32_t file, std::span<const Key> keys) const {
  const auto instead = instead_of(written.str());
  const auto path = fmt::format("{}{}{}", name_, name_.empty() ? "" : ".", escape(written.str()));
  report_.add(place_of(written.source(), file), path,
              instead.empty() ? "unknown key" + suggestion(written.str(), names_of(keys))
                              : fmt::format("unknown key; {}", instead));
}

void Table::forget(std::string_view key) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; });
}

const Entry* Table::find(std::string_view key) const {
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  return found == entries_.end() ? nullptr : &*found;
}

void Table::problem(const Entry& entry, std::string_view text) const {
  report_.add(entry.place(), entry.path(), text);
}

void Table::problem(const Entry& entry, const toml::node& value, std::string_view text) const {
  report_.add(place_of(value.source(), entry.file), entry.path(), text);
}

void Table::conflict(std::string_view key, std::string_view text) const {
  const auto* entry = find(key);
  if (entry == nullptr)
    return;
  const auto heir = entry->generation == 0 ? "" : fmt::format(" (in {}, which inherits it)", name_);
  problem(*entry, fmt::format("{}{}", text, heir));
}

void Table::missing(std::string_view key, std::string_view why) const {
  report_.add(place_, fmt::format("{}.{}", name_, key), fmt::format("is missing: {}", why));
}

std::optional<std::string> Table::text(std::string_view key) const {
  const auto* entry = find(key);
  if (entry == nullptr)
    return std::nullopt;
  if (const auto* string = entry->value->as_string())
    return string->get();
  problem(*entry, "must be a string");
  return std::nullopt;
}

void Table::read(std::string_view key, bool& out) const {
  const auto* entry = find(key);
  if (entry == nullptr)
    return;
  if (const auto* boolean = entry->value->as_boolean())
    out = boolean->get();
  else
    problem(*entry, "must be true or false");
}

std::optional<std::int64_t> Table::whole_number(std::string_view key, std::int64_t least,
                                                std::int64_t most) const {
  const auto* entry = find(key);
  if (entry == nullptr)
    return std::nullopt;
  const auto* number = entry->value->as_integer();
  if (number != nullptr && number->get() >= least && number->get() <= most)
    return number->get();
  problem(*entry, fmt::format("must be a whole number from {} to {}", least, most));
  return std::nullopt;
}

void Table::read(std::string_view key, std::chrono::seconds most, std::chrono::seconds& out) const {
  if (const auto number = whole_number(key, 1, most.count()))
    out = std::chrono::seconds(*number);
}

void Table::no_such_choice(std::string_view key, const std::string& value,
                           const std::vector<std::string_view>& names) const {
  problem(*find(key), fmt::format("\"{}\" is not one of: {}", escape(value, max_name_shown),
                                  fmt::join(names, ", ")));
}

void Table::each(std::string_view key, std::size_t most,
                 const std::function<void(const Entry&, const toml::node&)>& use) const {
  const auto* entry = find(key);
  if (entry == nullptr)
    return;
  const auto* list = entry->value->as_array();
  if (list == nullptr)
    return use(*entry, *entry->value);
  if (list->empty() || list->size() > most)
    return problem(*entry, fmt::format("must be one value, or a list of 1 to {}", most));
  for (const auto& value : *list)
    use(*entry, value);
}

std::vector<std::string> Table::strings(std::string_view key, std::size_t most) const {
  std::vector<std::string> out;
  each(key, most, [&](const Entry& entry, const toml::node& value) {
    const auto* string = value.as_string();
    if (string == nullptr || string->get().empty() || string->get().size() > max_string)
      problem(entry, value, fmt::format("must be a string of 1 to {} bytes", max_string));
    else
      out.push_back(string->get());
  });
  return out;
}

} // namespace ktls::policy
