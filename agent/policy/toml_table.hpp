// SPDX-License-Identifier: GPL-2.0-or-later
// Table: one table of a file, read with types and limits. What is wrong goes into the report, with
// its place; the caller goes on.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/key_names.hpp"
#include "policy/report.hpp"
#include "policy/toml.hpp"

namespace ktls::policy {

inline constexpr std::size_t max_name_shown = 64; // of a key or a value that there is not

// A key with its value; perhaps inherited from another table.
struct Entry {
  std::string_view key; // ours, as in the list of keys
  std::string_view written;
  std::string_view table; // in which it stands
  const toml::node* value = nullptr;
  std::uint32_t file = 0;
  std::size_t generation = 0; // 0: of the table itself, 1: of what it inherits from, ...

  [[nodiscard]] Place place() const { return {file, value->source().begin.line}; }
  // "profile.nfs.truststore"
  [[nodiscard]] std::string path() const;
};

class Table {
public:
  // `from`, `keys` and `report` must outlive it. Tells of unknown keys.
  Table(std::string name, const toml::table& from, std::uint32_t file, std::span<const Key> keys,
        Report& report);
  // With what it does not say itself, and one of the ancestors does, the nearest first.
  Table(const Table& own, std::span<const Table* const> ancestors);
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table() = default;

  // Some key is there twice, under two names, and nobody can tell which one is meant.
  [[nodiscard]] bool is_ambiguous() const { return ambiguous_; }

  // As if it was not there.
  void forget(std::string_view key);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Place place() const { return place_; }
  [[nodiscard]] Report& report() const { return report_; }
  [[nodiscard]] const Entry* find(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] std::string where(const Entry& entry) const { return report_.where(entry.place()); }

  // Of a key that is there: something is wrong with its value, or with one value of a list.
  void problem(const Entry& entry, std::string_view text) const;
  void problem(const Entry& entry, const toml::node& value, std::string_view text) const;
  // Of a key that is there, together with others. Says whose heir it concerns.
  void conflict(std::string_view key, std::string_view text) const;
  void missing(std::string_view key, std::string_view why) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  void read(std::string_view key, bool& out) const;
  template<class Number>
  void read(std::string_view key, std::int64_t least, std::int64_t most, Number& out) const {
    if (const auto number = whole_number(key, least, most))
      out = static_cast<Number>(*number);
  }
  void read(std::string_view key, std::chrono::seconds most, std::chrono::seconds& out) const;
  // False: it is none of the choices, or not there.
  template<class Value, std::size_t N>
  bool read(std::string_view key, const std::array<Choice<Value>, N>& choices, Value& out) const {
    const auto value = text(key);
    if (!value)
      return false;
    for (const auto& choice : choices) {
      if (is_called(choice, *value)) {
        out = choice.value;
        return true;
      }
    }
    std::vector<std::string_view> names;
    names.reserve(N);
    for (const auto& choice : choices)
      names.push_back(choice.name);
    no_such_choice(key, *value, names);
    return false;
  }
  // The values of a list, or the one value; each with a call of `use`. Not called when there are
  // none or more than `most`, which is an error: an empty list could be taken for no limit.
  void each(std::string_view key, std::size_t most,
            const std::function<void(const Entry&, const toml::node&)>& use) const;
  // Of 1 to `most` strings, each of 1 to 255 bytes.
  [[nodiscard]] std::vector<std::string> strings(std::string_view key, std::size_t most) const;

private:
  [[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view key, std::int64_t least,
                                                         std::int64_t most) const;
  void no_such_choice(std::string_view key, const std::string& value,
                      const std::vector<std::string_view>& names) const;
  void add(const toml::key& written, const toml::node& value, std::uint32_t file,
           std::span<const Key> keys);
  void unknown(const toml::key& written, std::uint32_t file, std::span<const Key> keys) const;

  std::string name_;
  Place place_;
  Report& report_;
  std::vector<Entry> entries_;
  bool ambiguous_ = false;
};

[[nodiscard]] Place place_of(const toml::source_region& source, std::uint32_t file);

} // namespace ktls::policy
