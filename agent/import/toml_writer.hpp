// SPDX-License-Identifier: GPL-2.0-or-later
// TomlWriter: writes TOML in which no text of the input can be anything but a string or a comment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ktls::importer {

using Strings = std::vector<std::string>;

// A value of TOML.
struct Value {
  static Value text(std::string_view text);
  static Value number(std::uint64_t number);
  static Value boolean(bool value);
  // One: by itself. More: as an array.
  static Value texts(const Strings& texts);
  static Value list(const Strings& texts); // as an array in any case
  // The same as texts(), but that digits alone are a number.
  static Value ports(const Strings& texts);

  std::string toml;
};

class TomlWriter {
public:
  // Of any text: what is not printable ASCII is escaped. Broken into lines of at most 100 columns.
  void comment(std::string_view text);
  void blank();
  // `header` has names of NameTable only: "[profile.NAME]".
  void table(std::string_view header);
  // `remark` becomes a comment behind it.
  void key(std::string_view key, const Value& value, std::string_view remark = {});
  // As a comment, for a person to take into use.
  void suggest(std::string_view line);

  void append(const TomlWriter& other);
  [[nodiscard]] const std::string& text() const { return text_; }

private:
  std::string text_;
};

} // namespace ktls::importer
