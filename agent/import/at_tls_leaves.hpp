// SPDX-License-Identifier: GPL-2.0-or-later
// The addresses or ports that a rule of AT-TLS asks for, collected from blocks in and behind it.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "import/at_tls_document.hpp"

namespace ktls::importer {

// How a condition of a rule may be written: PREFIX value, PREFIXRef name...
struct Form {
  std::string_view keyword; // behind "Local" or "Remote"
  std::string_view block;   // the type of what is named; empty: a value stands here
};

struct Grammar {
  std::span<const Form> forms;
  std::span<const std::string_view> leaves; // keywords in blocks that have a value
  std::span<const std::string_view> blocks; // types of blocks in blocks
};
extern const Grammar address_grammar;
extern const Grammar port_grammar;

inline constexpr std::size_t max_leaves = 1024;

// Statements that each have a value; none: the rule does not ask for it. Nothing at all: it asks
// for what cannot be made out, and the problem has been noted.
[[nodiscard]] std::optional<std::vector<const Statement*>>
leaves_of(Document& document, Problems& problems, const Statement& rule, std::string_view side,
          const Grammar& grammar);

// Whether `statement` of a rule belongs to such a condition.
[[nodiscard]] bool is_form(const Statement& statement, std::string_view side,
                           const Grammar& grammar);

} // namespace ktls::importer
