// SPDX-License-Identifier: GPL-2.0-or-later
// TlsReader: the presentation language of RFC 8446, section 3: big-endian numbers, and vectors with
// their length before them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ktls::tls {

// Sections 5.1 and 4.
inline constexpr std::uint8_t handshake_record_type = 22, client_hello_type = 1;

// Once something was not there, all further reads give nothing and ok() is false.
class TlsReader {
public:
  explicit TlsReader(std::span<const std::byte> bytes) : left_(bytes) {}

  // `size`: 1 to 4 bytes.
  std::uint32_t number(std::size_t size) {
    std::uint32_t value = 0;
    for (const std::byte byte : bytes(size))
      value = value << 8 | std::to_integer<std::uint32_t>(byte);
    return value;
  }
  std::span<const std::byte> bytes(std::size_t size) {
    if (size > left_.size()) {
      ok_ = false;
      left_ = {};
      return {};
    }
    const auto taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }
  // Its length has `length_size` bytes.
  std::span<const std::byte> vector(std::size_t length_size) { return bytes(number(length_size)); }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return left_.empty(); }

private:
  std::span<const std::byte> left_;
  bool ok_ = true;
};

} // namespace ktls::tls
