// SPDX-License-Identifier: GPL-2.0-or-later
// Conditions of a TTLSRule, in the words of a [[rule]].
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/at_tls_document.hpp"
#include "import/toml_writer.hpp"

namespace ktls::importer {

struct Condition {
  std::string_view key; // ours
  Value value;          // a list: one of them has to be met
  std::string remark;   // where it stands
};

struct Conditions {
  std::vector<Condition> all;
  // What a person has to check, or what could not be told in our language.
  Strings notes;
  // Something the rule asks for is missing above: without it, it would apply to more.
  bool incomplete = false;
};

// Notes what does not fit in `problems`, too.
[[nodiscard]] Conditions read_conditions(Document& document, Problems& problems,
                                         const Statement& rule);

struct Told {
  Strings values; // none: any will do
  std::string remark;

  // That it stands there, too; of many places, the first ones.
  void stands_in(const Statement& statement);
};

// Parts of it. Nothing: it cannot be told in our language, and the problem has been noted.
[[nodiscard]] std::optional<Told> read_addresses(Document& document, Problems& problems,
                                                 const Statement& rule, std::string_view side);
[[nodiscard]] std::optional<Told> read_ports(Document& document, Problems& problems,
                                             const Statement& rule, std::string_view side);
[[nodiscard]] std::optional<Told> read_times(Document& document, Problems& problems,
                                             const Statement& rule);

} // namespace ktls::importer
