// SPDX-License-Identifier: GPL-2.0-or-later
// Netlink messages for tests, put together byte by byte and without the kernel's headers.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace ktls::test {

using Buffer = std::vector<std::byte>;

// Commands of the family "handshake".
inline constexpr std::uint8_t ready = 1, accept = 2, done = 3;

inline Buffer join(std::initializer_list<Buffer> parts) {
  Buffer out;
  for (const Buffer& part : parts)
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

template<std::integral T>
Buffer raw(T value) {
  Buffer out(sizeof(T));
  std::memcpy(out.data(), &value, sizeof(T));
  return out;
}

inline Buffer raw(std::string_view text) {
  Buffer out(text.size());
  std::memcpy(out.data(), text.data(), text.size());
  return out;
}

inline Buffer padded(Buffer bytes) {
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

// The text of a literal, NULs inside included.
template<std::size_t size>
Buffer raw(const char (&text)[size]) {
  return raw(std::string_view(text, size - 1));
}

inline Buffer attribute(std::uint16_t type, const Buffer& payload) {
  const auto length = static_cast<std::uint16_t>(4 + payload.size());
  return padded(join({raw(length), raw(type), payload}));
}

inline Buffer attribute(std::uint16_t type, std::uint32_t value) {
  return attribute(type, raw(value));
}

// `type`: 2 for NLMSG_ERROR, or the family's number
inline Buffer message(std::uint16_t type, std::uint32_t sequence, const Buffer& payload) {
  const auto length = static_cast<std::uint32_t>(16 + payload.size());
  constexpr std::uint16_t flags = 0;
  constexpr std::uint32_t port = 4711;
  return padded(join({raw(length), raw(type), raw(flags), raw(sequence), raw(port), payload}));
}

inline Buffer family_message(std::uint8_t command, std::uint32_t sequence, const Buffer& attributes,
                             std::uint16_t family = 28) {
  constexpr std::uint8_t version = 1;
  constexpr std::uint16_t reserved = 0;
  return message(family, sequence, join({raw(command), raw(version), raw(reserved), attributes}));
}

inline Buffer status_message(std::uint32_t sequence, std::int32_t error) {
  return message(2, sequence, join({raw(error), Buffer(16)}));
}

} // namespace ktls::test
