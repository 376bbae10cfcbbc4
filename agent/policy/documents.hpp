// SPDX-License-Identifier: GPL-2.0-or-later
// Documents: the files of a configuration as TOML, and the tables that are in any of them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/name_index.hpp"
#include "policy/report.hpp"
#include "policy/toml.hpp"

namespace ktls::policy {

// A table of a file, and what it is called.
struct NamedNode {
  std::string name;
  const toml::node* node;
  Place place;
};

class Documents {
public:
  // A file that is not TOML is reported. `report` must outlive it.
  Documents(std::span<const SourceFile> files, Report& report);

  // Reports all tables but these.
  void check_tables(std::span<const std::string_view> known) const;

  // [KIND], which may be there once in all.
  struct OnlyTable {
    const toml::table* table; // an empty one, where there is none
    std::uint32_t file = 0;
    bool is_there = false;
  };
  [[nodiscard]] OnlyTable only(std::string_view kind) const;
  // The tables [KIND.NAME], or what is in their places, in the order of the files.
  [[nodiscard]] std::vector<NamedNode> named(std::string_view kind, NameIndex& names) const;
  // Each [[KIND]].
  void each(std::string_view kind,
            const std::function<void(const toml::table&, std::uint32_t file)>& use) const;

private:
  struct Document {
    std::uint32_t file;
    toml::table root;
  };

  std::vector<Document> all_;
  Report& report_;
};

} // namespace ktls::policy
