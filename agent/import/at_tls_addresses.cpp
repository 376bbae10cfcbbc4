// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and ports of a TTLSRule.
#include <fmt/format.h>

#include <algorithm>

#include "base/ip_address.hpp"
#include "import/at_tls_conditions.hpp"
#include "import/at_tls_leaves.hpp"
#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::uint64_t last_port = 65'535;

void note(Problems& problems, const Statement& statement, std::string_view what) {
  problems.add(statement.line, fmt::format("{}: {}", statement.text(), what));
}

std::optional<std::string> prefix(Problems& problems, const Statement& leaf, std::string_view text,
                                  std::size_t slash) {
  const auto address = IpAddress::parse(text.substr(0, slash));
  const auto length = number(text.substr(slash + 1));
  if (!address || !length || *length > address->bits()) {
    note(problems, leaf, "is no prefix of addresses");
    return std::nullopt;
  }
  const auto first = address->first_with(static_cast<unsigned>(*length));
  if (first != *address)
    note(problems, leaf,
         fmt::format("has bits behind the prefix; taken as {}/{}", first.text(), *length));
  return fmt::format("{}/{}", first.text(), *length);
}

std::optional<std::string> range(Problems& problems, const Statement& leaf, std::string_view text,
                                 std::size_t dash) {
  const auto first = IpAddress::parse(text.substr(0, dash));
  const auto last = IpAddress::parse(text.substr(dash + 1));
  if (!first || !last || first->is_v4() != last->is_v4() || *last < *first) {
    note(problems, leaf, "is no range of addresses");
    return std::nullopt;
  }
  return fmt::format("{}-{}", first->text(), last->text());
}

std::optional<std::string> address(Problems& problems, const Statement& leaf) {
  const auto text = leaf.word();
  if (const auto slash = text.find('/'); slash != std::string_view::npos)
    return prefix(problems, leaf, text, slash);
  if (const auto dash = text.find('-'); dash != std::string_view::npos)
    return range(problems, leaf, text, dash);
  const auto one = IpAddress::parse(text);
  const bool unspecified = one && one->first_with(0) == *one;
  if (one && !unspecified)
    return one->text();
  note(problems, leaf,
       unspecified ? "stands for no address, or for all: it is not clear" : "is no address");
  return std::nullopt;
}

// "n", "n m", "n-m" or "n:m".
std::optional<std::string> ports(Problems& problems, const Statement& leaf) {
  std::string text = leaf.value;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '-' || c == ':'; }, ' ');
  const auto parts = words(text);
  const auto first = number(parts.empty() ? std::string_view() : parts.front());
  const auto last = parts.size() > 1 ? number(parts[1]) : first;
  if (!first || !last || *last > last_port || *last < *first || (*first == 0 && *last != 0) ||
      parts.size() > 2) {
    note(problems, leaf, "is no range of ports");
    return std::nullopt;
  }
  return first == last ? fmt::format("{}", *first) : fmt::format("{}-{}", *first, *last);
}

// `any`: the values that stand for all.
template<class Read>
std::optional<Told> read_leaves(Document& document, Problems& problems, const Statement& rule,
                                std::string_view side, const Grammar& grammar, std::string_view any,
                                Read read) {
  const auto leaves = leaves_of(document, problems, rule, side, grammar);
  if (!leaves)
    return std::nullopt;
  Told out;
  bool all = false;
  bool failed = false;
  for (const auto* leaf : *leaves) {
    out.stands_in(*leaf);
    if (same(leaf->value, any)) {
      all = true;
    } else if (const auto value = read(problems, *leaf); !value) {
      failed = true;
    } else if (std::find(out.values.begin(), out.values.end(), *value) == out.values.end()) {
      out.values.push_back(*value);
    }
  }
  if (failed)
    return std::nullopt;
  if (all)
    out.values.clear();
  return out;
}

} // namespace

std::optional<Told> read_addresses(Document& document, Problems& problems, const Statement& rule,
                                   std::string_view side) {
  return read_leaves(document, problems, rule, side, address_grammar, "All", address);
}

std::optional<Told> read_ports(Document& document, Problems& problems, const Statement& rule,
                               std::string_view side) {
  return read_leaves(document, problems, rule, side, port_grammar, "0", ports);
}

} // namespace ktls::importer
