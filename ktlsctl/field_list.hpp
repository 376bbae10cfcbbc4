// SPDX-License-Identifier: GPL-2.0-or-later
// Facts one below the other: labels, and values in a column. Pure.
#pragma once

#include <string>
#include <string_view>

#include "ktlsctl/terminal.hpp"

namespace ktls::command {

class FieldList {
public:
  explicit FieldList(const Palette& palette) : palette_(palette) {}

  // Of what is empty nothing is said. `value` is escaped here.
  FieldList& add(std::string_view label, std::string_view value, Tone tone = Tone::Plain);
  // Not indented, over those that follow.
  FieldList& title(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }

private:
  const Palette& palette_;
  std::string text_;
};

} // namespace ktls::command
