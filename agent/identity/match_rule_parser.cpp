// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/match_rule_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "identity/oid_text.hpp"
#include "identity/wrong.hpp"

namespace ktls::identity {
namespace {

using Field = MatchRule::Field;
using Test = MatchRule::Test;
template<class Value>
using Parsed = tl::expected<Value, std::string>;

struct FieldRow {
  std::string_view name;
  Field field;
};
// The first one of a field is what it is called.
constexpr std::array<FieldRow, 14> field_table{{
    {"SUBJECT", Field::Subject},
    {"ISSUER", Field::Issuer},
    {"KU", Field::KeyUsage},
    {"EKU", Field::Purpose},
    {"SAN:Principal", Field::Principal},
    {"SAN", Field::Principal},
    {"SAN:ntPrincipalName", Field::NtPrincipal},
    {"SAN:pkinit", Field::Pkinit},
    {"SAN:rfc822Name", Field::Email},
    {"SAN:dNSName", Field::Dns},
    {"SAN:uniformResourceIdentifier", Field::Uri},
    {"SAN:directoryName", Field::Directory},
    {"SAN:iPAddress", Field::Address},
    {"SAN:registeredID", Field::RegisteredId},
}};

// RFC 5280, section 4.2.1.3, numbered as there.
constexpr std::array<std::string_view, 9> usage_names{
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly"};

struct PurposeRow {
  std::string_view name;
  std::string_view oid;
};
constexpr std::array<PurposeRow, 9> purpose_table{{
    {"serverAuth", "1.3.6.1.5.5.7.3.1"},
    {"clientAuth", "1.3.6.1.5.5.7.3.2"},
    {"codeSigning", "1.3.6.1.5.5.7.3.3"},
    {"emailProtection", "1.3.6.1.5.5.7.3.4"},
    {"timeStamping", "1.3.6.1.5.5.7.3.8"},
    {"OCSPSigning", "1.3.6.1.5.5.7.3.9"},
    {"KPClientAuth", "1.3.6.1.5.2.3.4"},
    {"pkinit", "1.3.6.1.5.2.3.4"},
    {"msScLogin", "1.3.6.1.4.1.311.20.2.2"},
}};

// Where the value that `text` begins with ends: at the next '<' that is neither in brackets nor
// escaped.
std::size_t end_of_value(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '[') {
      const auto inverted = text.substr(i).starts_with("[^");
      const auto close = text.find(']', i + (inverted ? 3 : 2)); // one in front is itself
      i = std::min(close, text.size());
    } else if (text[i] == '<') {
      return i;
    }
  }
  return text.size();
}

std::vector<std::string_view> items_of(std::string_view list) {
  std::vector<std::string_view> out;
  while (true) {
    const auto end = list.find(',');
    out.push_back(list.substr(0, end));
    if (end == std::string_view::npos)
      return out;
    list.remove_prefix(end + 1);
  }
}

Parsed<std::uint16_t> usages_of(std::string_view list) {
  std::uint16_t out = 0;
  for (const auto item : items_of(list)) {
    const auto* name = std::ranges::find(usage_names, item);
    if (name == usage_names.end())
      return wrong(
          fmt::format("\"{}\" is not one of: {}", escape(item, 64), fmt::join(usage_names, ", ")));
    out = static_cast<std::uint16_t>(out | 1U << (name - usage_names.begin()));
  }
  return out;
}

Parsed<Texts> purposes_of(std::string_view list) {
  Texts out;
  for (const auto item : items_of(list)) {
    const auto* row = std::ranges::find(purpose_table, item, &PurposeRow::name);
    if (row != purpose_table.end())
      out.emplace_back(row->oid);
    else if (is_oid(item))
      out.emplace_back(item);
    else
      return wrong(fmt::format("\"{}\" is neither an extended key usage nor an object identifier",
                               escape(item, 64)));
  }
  std::ranges::sort(out);
  return out;
}

Parsed<Test> test_of(std::string_view name, std::string_view value) {
  const auto* row = std::ranges::find(field_table, name, &FieldRow::name);
  if (row == field_table.end()) {
    std::vector<std::string_view> names;
    names.reserve(field_table.size());
    for (const auto& [known, field] : field_table)
      names.push_back(known);
    return wrong(fmt::format("<{}> is not one of: <{}>; a '<' of a name is written [<]",
                             escape(name, 64), fmt::join(names, ">, <")));
  }
  Test out{row->field, {}, 0, {}};
  const auto add_name = [&](std::string why) { return wrong(fmt::format("<{}>: {}", name, why)); };
  if (row->field == Field::KeyUsage) {
    auto usages = usages_of(value);
    if (!usages)
      return add_name(usages.error());
    out.usages = *usages;
  } else if (row->field == Field::Purpose) {
    auto purposes = purposes_of(value);
    if (!purposes)
      return add_name(purposes.error());
    out.purposes = *std::move(purposes);
  } else {
    auto pattern = Pattern::parse(value);
    if (!pattern)
      return add_name(pattern.error());
    out.pattern = *std::move(pattern);
  }
  return out;
}

bool take_front(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what))
    return false;
  text.remove_prefix(what.size());
  return true;
}

} // namespace

std::string_view name_of(Field field) {
  return std::ranges::find(field_table, field, &FieldRow::field)->name;
}

Parsed<ParsedTests> parse_tests(std::string_view text) {
  ParsedTests out;
  if (text.size() > MatchRule::max_size)
    return wrong(fmt::format("has more than {} bytes", MatchRule::max_size));
  (void)take_front(text, "KRB5:");
  if (!take_front(text, "&&"))
    out.any = take_front(text, "||");
  while (!text.empty()) {
    const auto name_end = text.find('>');
    if (text.front() != '<' || name_end == std::string_view::npos)
      return wrong("must be KRB5: and parts such as <SUBJECT>CN=alice,O=Example");
    const auto name = text.substr(1, name_end - 1);
    text.remove_prefix(name_end + 1);
    const auto size = end_of_value(text);
    auto test = test_of(name, text.substr(0, size));
    if (!test)
      return wrong(std::move(test).error());
    text.remove_prefix(size);
    if (out.tests.size() == MatchRule::max_tests)
      return wrong(fmt::format("has more than {} parts", MatchRule::max_tests));
    out.tests.push_back(*std::move(test));
  }
  if (out.tests.empty())
    return wrong("must have a part such as <SUBJECT>CN=alice,O=Example");
  return out;
}

} // namespace ktls::identity
