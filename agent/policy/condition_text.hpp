// SPDX-License-Identifier: GPL-2.0-or-later
// Conditions and facts as text, value by value. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/conditions.hpp"
#include "policy/time_window.hpp"

namespace ktls::policy {

// A value as it stands in the file, without quotes.
struct ValueText {
  std::string text;
  bool is_number;
};

struct ConditionText {
  std::string_view key;
  std::vector<ValueText> values; // at least one
};

// The conditions that there are.
[[nodiscard]] std::vector<ConditionText> text_of(const Conditions& conditions);
// What is known of the one fact; empty: nothing.
[[nodiscard]] std::vector<ValueText> fact_text(const Facts& facts, std::string_view key);

// "fri 08:30"
[[nodiscard]] std::string text_of(const LocalTime& time);

} // namespace ktls::policy
