// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/pin.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ktls::policy {
namespace {

constexpr std::string_view hex = "0123456789abcdef0123456789ABCDEF";
constexpr std::string_view base64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64_prefix = "sha256//";
constexpr unsigned byte_bits = 8;

// Digits of `bits` each; the bits that are left at the end have to be 0.
std::optional<ipc::SpkiHash> from_digits(std::string_view text, std::string_view digits,
                                         unsigned bits) {
  const std::size_t size = (std::tuple_size_v<ipc::SpkiHash> * byte_bits + bits - 1) / bits;
  if (text.size() != size)
    return std::nullopt;
  ipc::SpkiHash out{};
  std::size_t filled = 0;
  unsigned held = 0;
  unsigned held_bits = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos)
      return std::nullopt;
    held = (held << bits) | (static_cast<unsigned>(digit) & ((1U << bits) - 1));
    held_bits += bits;
    if (held_bits >= byte_bits) {
      held_bits -= byte_bits;
      out.at(filled++) = static_cast<std::uint8_t>(held >> held_bits);
      held &= (1U << held_bits) - 1;
    }
  }
  return held == 0 ? std::optional(out) : std::nullopt;
}

std::optional<ipc::SpkiHash> from_hex(std::string_view text) {
  constexpr unsigned bits = 4;
  constexpr std::size_t step = 3; // two digits and a colon
  if (text.find(':') == std::string_view::npos)
    return from_digits(text, hex, bits);
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % step != step - 1)
      digits += text[i];
    else if (text[i] != ':')
      return std::nullopt;
  }
  return text.ends_with(':') ? std::nullopt : from_digits(digits, hex, bits);
}

} // namespace

std::optional<ipc::SpkiHash> parse_pin(std::string_view text) {
  constexpr unsigned bits = 6;
  if (!text.starts_with(base64_prefix))
    return from_hex(text);
  text.remove_prefix(base64_prefix.size());
  return text.ends_with('=') ? from_digits(text.substr(0, text.size() - 1), base64, bits)
                             : std::nullopt;
}

std::string pin_text(const ipc::SpkiHash& pin) {
  std::string out;
  for (const auto byte : pin)
    out += fmt::format("{:02x}", byte);
  return out;
}

} // namespace ktls::policy
