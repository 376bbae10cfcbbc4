// SPDX-License-Identifier: GPL-2.0-or-later
// Lists of values that are conditions.
#pragma once

#include "policy/condition_values.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

inline constexpr std::size_t max_alternatives = 4096; // of one condition

// A list of texts, each of which `parse` takes.
template<class Key, class Parse>
void read_texts(const Table& in, std::string_view key, Parse parse, Alternatives<Key>& out) {
  in.each(key, max_alternatives, [&](const Entry& entry, const toml::node& value) {
    const auto* text = value.as_string();
    if (text == nullptr)
      return in.problem(entry, value, "must be a string, or a list of strings");
    auto parsed = parse(text->get());
    if (parsed)
      out.push_back(*std::move(parsed));
    else
      in.problem(entry, value, parsed.error());
  });
}

void read_ports(const Table& in, std::string_view key, Alternatives<std::uint16_t>& out);

} // namespace ktls::policy
