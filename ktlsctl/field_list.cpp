// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/field_list.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace ktls::command {

FieldList& FieldList::add(std::string_view label, std::string_view value, Tone tone) {
  constexpr std::size_t most = 4096;
  if (!value.empty())
    text_ += fmt::format("  {:<12}  {}\n", label, palette_.paint(tone, escape(value, most)));
  return *this;
}

FieldList& FieldList::title(std::string_view text) {
  if (!text_.empty())
    text_ += "\n";
  text_ += palette_.paint(Tone::Strong, escape(text)) + "\n";
  return *this;
}

} // namespace ktls::command
