// SPDX-License-Identifier: GPL-2.0-or-later
// Statements of a file of the z/OS Policy Agent: "Keyword value" on a line, or "Keyword name" and
// a block in braces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "import/problems.hpp"

namespace ktls::importer {

struct Statement {
  std::string keyword; // as written
  std::string value;   // the rest of the line; of a block, its name
  Line line = 0;
  bool block = false;
  std::vector<Statement> children; // of a block

  [[nodiscard]] bool is(std::string_view name) const;              // without regard to case
  [[nodiscard]] bool is_reference_to(std::string_view type) const; // "TYPERef"
  // The first word of the value: what counts on z/OS where a value has no blanks.
  [[nodiscard]] std::string_view word() const;
  // Both, as written. For messages there is shown(), as the value may be secret.
  [[nodiscard]] std::string text() const;
};

inline constexpr std::size_t max_nesting = 16;
inline constexpr std::size_t max_statements = 50'000;

// Blocks that are not closed, and braces that belong to none, are fatal problems.
[[nodiscard]] std::vector<Statement> parse_statements(std::string_view text, Problems& problems);

} // namespace ktls::importer
