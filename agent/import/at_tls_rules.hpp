// SPDX-License-Identifier: GPL-2.0-or-later
// Rules: each TTLSRule as a [[rule]].
#pragma once

#include <vector>

#include "import/at_tls_document.hpp"
#include "import/at_tls_profiles.hpp"
#include "import/name_table.hpp"
#include "import/toml_writer.hpp"

namespace ktls::importer {

inline constexpr std::size_t max_rules = 4096;

// A TTLSRule with its priority.
struct RankedRule {
  const Statement* rule;
  std::uint64_t priority = 1;
  std::string remark; // where it stands
};
// The order in which z/OS asks them: by priority, the highest first, and then by name.
[[nodiscard]] std::vector<RankedRule> ranked(const std::vector<const Statement*>& rules,
                                             Problems& problems);

class Rules {
public:
  // All of them must outlive it.
  Rules(Document& document, Problems& problems, Profiles& profiles)
      : document_(document), problems_(problems), profiles_(profiles) {}

  void write(const RankedRule& ranked);
  [[nodiscard]] const TomlWriter& toml() const { return out_; }

private:
  void write_action(const Statement& rule, const Action& action, bool incomplete);

  Document& document_;
  Problems& problems_;
  Profiles& profiles_;
  NameTable names_;
  TomlWriter out_;
};

} // namespace ktls::importer
