// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/name_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "identity/oid_text.hpp"
#include "tls/distinguished_name.hpp"

namespace ktls::identity {
namespace {

struct AttributeRow {
  std::string_view oid;
  std::string_view name;
};
// RFC 4514, section 3, and what OpenSSL and SSSD call by a name besides.
constexpr std::array<AttributeRow, 15> attribute_table{{
    {"2.5.4.3", "CN"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"2.5.4.6", "C"},
    {"2.5.4.9", "STREET"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"0.9.2342.19200300.100.1.1", "UID"},
    {"1.2.840.113549.1.9.1", "emailAddress"},
    {"2.5.4.5", "serialNumber"},
    {"2.5.4.4", "SN"},
    {"2.5.4.42", "GN"},
    {"2.5.4.12", "title"},
    {"2.5.4.97", "organizationIdentifier"},
}};

// What stands for the structure of a name.
constexpr std::string_view special = "\"+,;<>\\=";

std::string hex_pair(char c) {
  return fmt::format("\\{:02x}", static_cast<unsigned char>(c));
}

// RFC 4514, section 2.4, in its form of two hexadecimal digits.
std::string escaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool at_edge = (i == 0 && (c == ' ' || c == '#')) || (i + 1 == value.size() && c == ' ');
    if (is_control(c) || at_edge || special.find(c) != std::string_view::npos)
      out += hex_pair(c);
    else
      out += c;
  }
  return out;
}

// The byte that is escaped at the front, whose '\' is gone, either by itself or by two digits.
std::optional<char> take_escaped(std::string_view& left) {
  constexpr int base = 16;
  const auto digits = left.substr(0, 2);
  unsigned char byte = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), byte, base);
  if (error == std::errc{} && digits.size() == 2 && end == digits.data() + 2) {
    left.remove_prefix(2);
    return static_cast<char>(byte);
  }
  if (left.empty() || (special.find(left.front()) == std::string_view::npos &&
                       left.front() != ' ' && left.front() != '#'))
    return std::nullopt;
  const char c = left.front();
  left.remove_prefix(1);
  return c;
}

// A type that has no name, and a value that is no text, is said by its DER: "1.2.3=#0c0161".
std::string append(const tls::DerElement& type, const tls::DerElement& value, NameText& to) {
  const auto dotted = oid_text(type.content);
  const auto* row = std::ranges::find(attribute_table, dotted, &AttributeRow::oid);
  const bool is_named = row != attribute_table.end();
  const auto name = is_named ? std::string(row->name) : dotted;
  auto text = tls::read_string(value);
  if (text && !is_utf8(*text))
    text.reset();
  const auto raw = "#" + hex_text(value.whole);
  auto said = fmt::format("{}={}", name, is_named && text ? escaped(*text) : raw);
  to.attributes.push_back({name, std::move(text)});
  return said;
}

std::optional<std::string> read_relative_name(tls::Bytes content, NameText& to) {
  tls::DerReader reader(content);
  std::string out;
  while (!reader.at_end()) {
    tls::DerReader attribute(reader.take(tls::der_tag::sequence));
    const auto type = attribute.whole(tls::der_tag::oid);
    const auto value = attribute.next();
    if (!attribute.done() || to.attributes.size() == NameText::max_attributes)
      return std::nullopt;
    if (!out.empty())
      out += '+';
    out += append(type, value, to);
  }
  return reader.ok() && !out.empty() ? std::optional(out) : std::nullopt;
}

} // namespace

std::optional<NameText> read_name(tls::Bytes name) {
  tls::DerReader outer(name);
  tls::DerReader reader(outer.take(tls::der_tag::sequence));
  std::vector<tls::Bytes> relative_names;
  while (!reader.at_end())
    relative_names.push_back(reader.take(tls::der_tag::set));
  if (!outer.done() || !reader.ok())
    return std::nullopt;
  // RFC 4514, section 2.1: "starting with the last element of the sequence and moving backwards
  // toward the first"
  std::ranges::reverse(relative_names);
  NameText out;
  for (const auto relative_name : relative_names) {
    const auto text = read_relative_name(relative_name, out);
    if (!text)
      return std::nullopt;
    if (!out.text.empty())
      out.text += ',';
    out.text += *text;
  }
  return out;
}

std::optional<std::string> canonical_name(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\') {
      out += c;
      continue;
    }
    const auto byte = take_escaped(text);
    if (!byte)
      return std::nullopt;
    const bool is_plain = !is_control(*byte) && *byte != ' ' && *byte != '#' &&
                          special.find(*byte) == std::string_view::npos;
    out += is_plain ? std::string(1, *byte) : hex_pair(*byte);
  }
  return out;
}

bool is_attribute_name(std::string_view type) {
  return std::ranges::find(attribute_table, type, &AttributeRow::name) != attribute_table.end();
}

} // namespace ktls::identity
