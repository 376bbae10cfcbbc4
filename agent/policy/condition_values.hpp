// SPDX-License-Identifier: GPL-2.0-or-later
// The values of a rule's conditions, from text and as text. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/ip_address.hpp"
#include "policy/conditions.hpp"

namespace ktls::policy {

// Or what is wrong.
template<class Value>
using Parsed = tl::expected<Value, std::string>;

// "192.0.2.1", "192.0.2.0/24" or "192.0.2.1-192.0.2.9"; IPv6 likewise.
[[nodiscard]] Parsed<Interval<IpAddress>> parse_addresses(std::string_view text);
// "443" or "8000-8999"
[[nodiscard]] Parsed<Interval<std::uint16_t>> parse_ports(std::string_view text);
// "/usr/bin/web" or "/opt/web/*"
[[nodiscard]] Parsed<Interval<std::string>> parse_executable(std::string_view text);
// "db.example.org" or "*.example.org", in whatever letters
[[nodiscard]] Parsed<Interval<std::string>> parse_server_names(std::string_view text);
// "name", or for a beginning "name*"; of what is known to be well-formed
[[nodiscard]] Interval<std::string> name_or_beginning(const std::string& text);

// The other way.
[[nodiscard]] std::string addresses_text(const Interval<IpAddress>& addresses);
[[nodiscard]] std::string ports_text(const Interval<std::uint16_t>& ports);
[[nodiscard]] std::string names_text(const Interval<std::string>& names);
[[nodiscard]] std::string server_names_text(const Interval<std::string>& names);

} // namespace ktls::policy
