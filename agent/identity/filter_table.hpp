// SPDX-License-Identifier: GPL-2.0-or-later
// Reading [[filter]].
#pragma once

#include "identity/filter.hpp"
#include "policy/name_index.hpp"
#include "policy/toml_table.hpp"

namespace ktls::identity {

struct FilterReader {
  const policy::NameIndex& anchor_names;
  policy::NameIndex& filter_names;
  policy::Report& report;

  // None: what makes a filter is wrong or missing, which is reported.
  [[nodiscard]] std::optional<Filter> read(const toml::table& table, std::uint32_t file) const;
};

// Reports those of which none is more specific than the other.
void check_ties(const std::vector<Filter>& filters, const std::vector<policy::Place>& places,
                policy::Report& report);

// The user of an entry: a name, a template, or none for "!deny". Unexpected: it is wrong or
// missing, which is reported. `otherwise`: where there is no such key; may be empty.
struct NotRead {};
[[nodiscard]] tl::expected<std::optional<UserTemplate>, NotRead>
read_user(const policy::Table& in, std::string_view otherwise, bool may_deny);

} // namespace ktls::identity
