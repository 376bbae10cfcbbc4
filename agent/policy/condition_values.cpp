// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/condition_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/host_name.hpp"
#include "base/text.hpp"

namespace ktls::policy {
namespace {

using Wrong = tl::unexpected<std::string>;

std::string shown(std::string_view text) {
  constexpr std::size_t max_shown = 128;
  return fmt::format("\"{}\"", escape(text, max_shown));
}

template<class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && last == end && !text.empty() ? std::optional(number)
                                                              : std::nullopt;
}

Parsed<Interval<IpAddress>> parse_prefix(std::string_view text, std::size_t slash) {
  const auto address = IpAddress::parse(text.substr(0, slash));
  const auto length = number_of<unsigned>(text.substr(slash + 1));
  if (!address || !length)
    return Wrong(shown(text) + " is not an address and a length, as 192.0.2.0/24");
  if (*length > address->bits())
    return Wrong(fmt::format("{} is too long: {} bits at most", shown(text), address->bits()));
  if (address->first_with(*length) != *address)
    return Wrong(fmt::format("{} has bits set behind its length; is it {}/{}?", shown(text),
                             address->first_with(*length).text(), *length));
  return Interval<IpAddress>{*address, address->last_with(*length)};
}

template<class Key>
Parsed<Interval<Key>> range(std::string_view text, const std::optional<Key>& first,
                            const std::optional<Key>& last, std::string_view wanted) {
  if (!first || !last)
    return Wrong(fmt::format("{} is not {}", shown(text), wanted));
  if (*last < *first)
    return Wrong(shown(text) + " ends before it begins");
  return Interval<Key>{*first, *last};
}

bool is_beginning(const Interval<std::string>& names) {
  return names.first != names.last;
}

} // namespace

Parsed<Interval<IpAddress>> parse_addresses(std::string_view text) {
  constexpr std::string_view wanted =
      "an address, a network as 192.0.2.0/24, or a range as 192.0.2.1-192.0.2.9";
  if (const auto slash = text.find('/'); slash != std::string_view::npos)
    return parse_prefix(text, slash);
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) {
    const auto address = IpAddress::parse(text);
    return range(text, address, address, wanted);
  }
  const auto first = IpAddress::parse(text.substr(0, dash));
  const auto last = IpAddress::parse(text.substr(dash + 1));
  if (first && last && first->is_v4() != last->is_v4())
    return Wrong(shown(text) + " is of IPv4 and of IPv6");
  return range(text, first, last, wanted);
}

Parsed<Interval<std::uint16_t>> parse_ports(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = number_of<std::uint16_t>(text.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : number_of<std::uint16_t>(text.substr(dash + 1));
  if (first == 0U || last == 0U)
    return Wrong(shown(text) + ": no connection has port 0");
  return range(text, first, last, "a port, or a range as 8000-8999");
}

Interval<std::string> name_or_beginning(const std::string& text) {
  return text.ends_with('*') ? beginning_with(text.substr(0, text.size() - 1)) : exactly(text);
}

Parsed<Interval<std::string>> parse_executable(std::string_view text) {
  constexpr std::size_t max_path = 4095;
  const std::size_t stem = text.size() - (text.ends_with('*') ? 1 : 0);
  if (!text.starts_with('/') || text.size() > max_path || text.find('\0') != text.npos ||
      text.substr(0, stem).find('*') != text.npos)
    return Wrong("must be an absolute path, or with \"*\" at the end its beginning");
  return name_or_beginning(std::string(text));
}

Parsed<Interval<std::string>> parse_server_names(std::string_view text) {
  const bool below = text.starts_with("*.");
  const auto name = HostName::parse(below ? text.substr(2) : text);
  if (!name || (below && name->is_address()))
    return Wrong(shown(text) + " is not a name as db.example.org or *.example.org");
  std::string small = name->text();
  std::ranges::transform(small, small.begin(), [](char c) {
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  return server_names(below ? "*." + small : small);
}

std::string addresses_text(const Interval<IpAddress>& addresses) {
  if (addresses.first == addresses.last)
    return addresses.first.text();
  for (unsigned length = 0; length < addresses.first.bits(); ++length) {
    if (addresses.first.first_with(length) == addresses.first &&
        addresses.first.last_with(length) == addresses.last)
      return fmt::format("{}/{}", addresses.first.text(), length);
  }
  return fmt::format("{}-{}", addresses.first.text(), addresses.last.text());
}

std::string ports_text(const Interval<std::uint16_t>& ports) {
  return ports.first == ports.last ? fmt::format("{}", ports.first)
                                   : fmt::format("{}-{}", ports.first, ports.last);
}

std::string names_text(const Interval<std::string>& names) {
  return names.first + (is_beginning(names) ? "*" : "");
}

std::string server_names_text(const Interval<std::string>& names) {
  return (is_beginning(names) ? "*" : "") + turned_around(names.first);
}

} // namespace ktls::policy
