// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/oid_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ktls::identity {
namespace {

// X.690, section 8.19: seven bits in each byte, the highest bit in all but the last.
std::optional<std::uint64_t> take_number(tls::Bytes& left) {
  constexpr std::uint8_t more = 0x80;
  constexpr unsigned bits = 7;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const auto byte = std::to_integer<std::uint8_t>(left[i]);
    const bool is_padding = i == 0 && byte == more;
    if (is_padding || number >> (63 - bits) != 0)
      return std::nullopt;
    number = number << bits | (byte & ~more);
    if ((byte & more) == 0) {
      left = left.subspan(i + 1);
      return number;
    }
  }
  return std::nullopt;
}

} // namespace

std::string oid_text(tls::Bytes content) {
  constexpr std::uint64_t per_root = 40;
  tls::Bytes left = content;
  std::string out;
  do {
    const auto number = take_number(left);
    if (!number)
      return "#" + hex_text(content);
    if (out.empty()) {
      const auto root = std::min<std::uint64_t>(*number / per_root, 2);
      out = fmt::format("{}.{}", root, *number - root * per_root);
    } else {
      out += fmt::format(".{}", *number);
    }
  } while (!left.empty());
  return out;
}

bool is_oid(std::string_view text) {
  std::size_t numbers = 0;
  while (true) {
    const auto end = text.find('.');
    const auto number = text.substr(0, end);
    if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos ||
        (number.size() > 1 && number.front() == '0'))
      return false;
    ++numbers;
    if (end == std::string_view::npos)
      return numbers > 1;
    text.remove_prefix(end + 1);
  }
}

std::string hex_text(tls::Bytes bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes)
    out += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return out;
}

} // namespace ktls::identity
