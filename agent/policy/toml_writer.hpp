// SPDX-License-Identifier: GPL-2.0-or-later
// TomlWriter: tables as text.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "policy/located.hpp"

namespace ktls::policy {

// With quotes.
[[nodiscard]] std::string toml_string(std::string_view text);

class TomlWriter {
public:
  // `header`: "[agent]". `where`: what it was read from, or empty.
  void table(std::string_view header, std::string_view where);
  void comment(std::string_view text);

  void value(std::string_view key, std::string_view text) { line(key, toml_string(text)); }
  void value(std::string_view key, const char* text) { line(key, toml_string(text)); }
  void value(std::string_view key, bool boolean) { line(key, boolean ? "true" : "false"); }
  template<class Number>
  void number(std::string_view key, Number number) {
    line(key, fmt::format("{}", number));
  }
  // Nothing, for none.
  void list(std::string_view key, const std::vector<std::string>& texts);
  void list(std::string_view key, const std::vector<LocatedPath>& paths);
  template<class Number>
  void numbers(std::string_view key, const std::vector<Number>& numbers) {
    if (!numbers.empty())
      line(key, fmt::format("[{}]", fmt::join(numbers, ", ")));
  }
  // Of texts that are TOML already.
  void raw_list(std::string_view key, const std::vector<std::string>& values);

  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  void line(std::string_view key, std::string_view value);

  std::string text_;
};

} // namespace ktls::policy
