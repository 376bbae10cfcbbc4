// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes of netlink messages and attributes, for the parsers and builders of this folder.
#pragma once

#include <fmt/format.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.hpp"

namespace ktls::netlink {

using Bytes = std::span<const std::byte>;

constexpr std::size_t align(std::size_t size) {
  return (size + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1};
}
static_assert(NLMSG_ALIGNTO == NLA_ALIGNTO);

// `bytes` must hold a T.
template<class T>
T load(Bytes bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

inline Bytes drop(Bytes bytes, std::size_t size) {
  return bytes.subspan(std::min(size, bytes.size()));
}

struct Attribute {
  std::uint16_t type = 0;
  Bytes payload;
};

// Takes the first attribute off `rest`, which is not empty.
inline Result<Attribute> take_attribute(Bytes& rest) {
  if (rest.size() < sizeof(nlattr))
    return invalid("netlink attribute: header cut off");
  const auto header = load<nlattr>(rest);
  if (header.nla_len < sizeof(nlattr) || header.nla_len > rest.size())
    return invalid(fmt::format("netlink attribute: length {} out of range", header.nla_len));
  const Bytes payload = rest.first(header.nla_len).subspan(sizeof(nlattr));
  rest = drop(rest, align(header.nla_len));
  return Attribute{static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK), payload};
}

template<class T>
Result<T> number(const Attribute& attribute, std::string_view name) {
  if (attribute.payload.size() != sizeof(T))
    return invalid(
        fmt::format("{}: {} bytes instead of {}", name, attribute.payload.size(), sizeof(T)));
  return load<T>(attribute.payload);
}

template<class T>
void append(std::vector<std::byte>& out, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline void append_bytes(std::vector<std::byte>& out, std::uint16_t type, Bytes payload) {
  append(out, nlattr{static_cast<std::uint16_t>(sizeof(nlattr) + payload.size()), type});
  out.insert(out.end(), payload.begin(), payload.end());
  out.resize(align(out.size()));
}

template<class T>
void append_attribute(std::vector<std::byte>& out, std::uint16_t type, T value) {
  append_bytes(out, type, std::as_bytes(std::span(&value, 1)));
}

inline void set_length(std::vector<std::byte>& message) {
  const auto length = static_cast<std::uint32_t>(message.size());
  static_assert(offsetof(nlmsghdr, nlmsg_len) == 0);
  std::memcpy(message.data(), &length, sizeof(length));
}

} // namespace ktls::netlink
