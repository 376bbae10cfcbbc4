// SPDX-License-Identifier: GPL-2.0-or-later
// NameIndex: the names of a kind of table, each once in all files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/nearest.hpp"
#include "policy/report.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

class NameIndex {
public:
  // `kind` is what they are called in messages: "credential".
  NameIndex(std::string_view kind, Report& report) : kind_(kind), report_(report) {}

  // False: it cannot be a name, or is one already; which is reported.
  bool add(const std::string& name, std::string_view path, Place place);
  // None: there is no such name; which is reported, in the words of a table's value.
  [[nodiscard]] std::optional<std::size_t> find(const Table& in, const Entry& entry,
                                                const toml::node& value) const;
  [[nodiscard]] std::size_t size() const { return places_.size(); }

private:
  std::string_view kind_;
  Report& report_;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<Place> places_;
};

} // namespace ktls::policy
