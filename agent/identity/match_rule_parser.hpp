// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of a MatchRule, from text. Pure.
#pragma once

#include "identity/match_rule.hpp"

namespace ktls::identity {

struct ParsedTests {
  bool any = false;
  std::vector<MatchRule::Test> tests;
};

// Unexpected: what is wrong.
[[nodiscard]] tl::expected<ParsedTests, std::string> parse_tests(std::string_view text);

// "<SUBJECT>", as it is written.
[[nodiscard]] std::string_view name_of(MatchRule::Field field);

} // namespace ktls::identity
