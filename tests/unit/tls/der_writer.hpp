// SPDX-License-Identifier: GPL-2.0-or-later
// Writing DER for tests, sound or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "tls/der.hpp"

// Bytes are strings here: they are joined by +.
namespace ktls::test::der {

inline std::string value(std::uint8_t tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  const auto put = [&](std::size_t byte) { out.push_back(static_cast<char>(byte & 0xff)); };
  if (content.size() >= 0x10000) {
    put(0x83);
    put(content.size() >> 16);
    put(content.size() >> 8);
  } else if (content.size() >= 0x100) {
    put(0x82);
    put(content.size() >> 8);
  } else if (content.size() >= 0x80) {
    put(0x81);
  }
  put(content.size());
  return out.append(content);
}

inline std::string sequence(std::string_view content) {
  return value(0x30, content);
}
inline std::string set(std::string_view content) {
  return value(0x31, content);
}
inline std::string integer(std::string_view bytes) {
  return value(0x02, bytes);
}
inline std::string number(unsigned n) {
  return integer(std::string(1, static_cast<char>(n)));
}
inline std::string oid(std::string_view bytes) {
  return value(0x06, bytes);
}
inline std::string octets(std::string_view bytes) {
  return value(0x04, bytes);
}
inline std::string bits(std::string_view bytes) {
  return value(0x03, std::string(1, '\0').append(bytes));
}
inline std::string boolean() {
  return value(0x01, "\xff");
}
// [number] IMPLICIT, primitive, and [number] constructed
inline std::string context(unsigned number, std::string_view content) {
  return value(static_cast<std::uint8_t>(0x80 | number), content);
}
inline std::string constructed(unsigned number, std::string_view content) {
  return value(static_cast<std::uint8_t>(0xa0 | number), content);
}

inline std::string time(std::time_t when) {
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[32];
  return value(0x18, {text, std::strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &parts)});
}

inline std::string attribute(std::string_view type, std::string_view content,
                             std::uint8_t tag = 0x0c) {
  return set(sequence(oid(type) + value(tag, content)));
}
inline std::string common_name(std::string_view text, std::uint8_t tag = 0x0c) {
  return attribute("\x55\x04\x03", text, tag);
}
// A Name with a common name alone; without text, an empty one.
inline std::string name(std::string_view text) {
  return sequence(text.empty() ? "" : common_name(text));
}

inline std::string extension(std::string_view type, std::string_view content,
                             bool critical = false) {
  return sequence(oid(type) + (critical ? boolean() : "") + octets(content));
}

inline tls::Bytes bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

} // namespace ktls::test::der
