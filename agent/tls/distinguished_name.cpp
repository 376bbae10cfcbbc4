// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/distinguished_name.hpp"

#include <algorithm>

namespace ktls::tls {
namespace {

using namespace std::string_view_literals;

constexpr auto email_address = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"sv;

// String types of X.680; all others are compared byte for byte.
constexpr std::uint8_t utf8 = 12, numeric = 18, printable = 19, teletex = 20, ia5 = 22,
                       visible = 26, universal = 28, bmp = 30;

void append_utf8(std::string& to, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | (point >> 18 & 0x07));
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

// None where there is a rest.
std::optional<std::string> from_wide(Bytes content, std::size_t unit) {
  if (content.size() % unit != 0)
    return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < content.size(); i += unit) {
    std::uint32_t point = 0;
    for (const std::byte byte : content.subspan(i, unit))
      point = point << 8 | std::to_integer<std::uint32_t>(byte);
    append_utf8(out, point);
  }
  return out;
}

std::string normalise(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ') {
      if (!out.empty() && out.back() != ' ')
        out.push_back(' ');
    } else {
      out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
  }
  if (!out.empty() && out.back() == ' ')
    out.pop_back();
  return out;
}

void append_sized(std::string& to, std::string_view part) {
  for (unsigned shift = 32; shift > 0;) {
    shift -= 8;
    to.push_back(static_cast<char>(part.size() >> shift & 0xff));
  }
  to += part;
}

} // namespace

std::optional<std::string> read_string(const DerElement& value) {
  switch (value.tag) {
  case utf8:
  case numeric:
  case printable:
  case teletex:
  case ia5:
  case visible:
    return std::string(text_of(value.content));
  case bmp:
    return from_wide(value.content, 2);
  case universal:
    return from_wide(value.content, 4);
  default:
    return std::nullopt;
  }
}

bool DistinguishedName::append(Bytes relative_name) {
  DerReader attributes(relative_name);
  std::vector<std::string> parts;
  while (!attributes.at_end()) {
    DerReader attribute(attributes.take(der_tag::sequence));
    const auto type = text_of(attribute.take(der_tag::oid));
    const auto value = attribute.next();
    if (!attribute.done())
      return false;
    const auto text = read_string(value);
    has_nul_ = has_nul_ || (text && text->find('\0') != std::string::npos);
    if (type == email_address)
      email_addresses_.push_back(value.content);
    auto& part = parts.emplace_back();
    append_sized(part, type);
    part.push_back(text ? 't' : 'b');
    append_sized(part, text ? normalise(*text) : text_of(value.whole));
  }
  std::ranges::sort(parts);
  std::string all;
  for (const auto& part : parts)
    all += part;
  append_sized(normal_, all);
  return attributes.ok() && !parts.empty();
}

std::optional<DistinguishedName> DistinguishedName::parse(Bytes content) {
  DistinguishedName name;
  DerReader relative_names(content);
  while (!relative_names.at_end()) {
    if (!name.append(relative_names.take(der_tag::set)))
      return std::nullopt;
  }
  return name;
}

std::optional<DistinguishedName> DistinguishedName::parse_relative(Bytes content) {
  DistinguishedName name;
  if (!name.append(content))
    return std::nullopt;
  return name;
}

} // namespace ktls::tls
