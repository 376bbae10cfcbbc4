// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/condition_lists.hpp"

#include <limits>

namespace ktls::policy {

void read_ports(const Table& in, std::string_view key, Alternatives<std::uint16_t>& out) {
  constexpr std::int64_t largest = std::numeric_limits<std::uint16_t>::max();
  in.each(key, max_alternatives, [&](const Entry& entry, const toml::node& value) {
    const auto* text = value.as_string();
    const auto* number = value.as_integer();
    if (text == nullptr && (number == nullptr || number->get() < 1 || number->get() > largest))
      return in.problem(entry, value,
                        "must be a port from 1 to 65535, or a range as \"8000-8999\"");
    const auto parsed = text == nullptr ? exactly(static_cast<std::uint16_t>(number->get()))
                                        : parse_ports(text->get());
    if (parsed)
      out.push_back(*parsed);
    else
      in.problem(entry, value, parsed.error());
  });
}

} // namespace ktls::policy
