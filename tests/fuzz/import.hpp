// SPDX-License-Identifier: GPL-2.0-or-later
// What must hold of an import: it says what is wrong, or comes to a policy.
#pragma once

#include "import/import.hpp"
#include "policies.hpp"

namespace ktls::fuzz {

inline void must_be_sound(const importer::Import& import) {
  if (!import.problems.empty())
    must_be_diagnoses(import.problems, "f", false);
  if (import.toml.empty()) {
    must(!import.problems.empty(), "an import that comes to nothing says why");
    return;
  }
  for (std::size_t at = 0; at < import.toml.size(); at = import.toml.find('\n', at) + 1)
    must_be_clean(std::string_view(import.toml).substr(at, import.toml.find('\n', at) - at));
  const auto policy = parse_policy(import.toml);
  must(policy.has_value(), policy ? "" : policy.error().lines.front(), import.toml);
}

} // namespace ktls::fuzz
