// SPDX-License-Identifier: GPL-2.0-or-later
// IpAddress: an IPv4 or IPv6 address, without a port and without a zone.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ktls {

class IpAddress {
public:
  // An IPv4-mapped IPv6 address is IPv4. None for what is of another family.
  static std::optional<IpAddress> of(const sockaddr_storage& address);
  // "192.0.2.1" or "2001:db8::1", without brackets.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const { return v4_; }
  [[nodiscard]] unsigned bits() const { return v4_ ? 32 : 128; }
  [[nodiscard]] std::string text() const;
  [[nodiscard]] sockaddr_storage with_port(std::uint16_t port) const;

  // The first and the last address with the same first `length` bits; at most bits() counts.
  [[nodiscard]] IpAddress first_with(unsigned length) const { return filled(length, 0); }
  [[nodiscard]] IpAddress last_with(unsigned length) const { return filled(length, 0xff); }

  // IPv4 before IPv6, and then by number.
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes it for a null pointer
  auto operator<=>(const IpAddress& other) const {
    return std::pair(!v4_, bytes_) <=> std::pair(!other.v4_, other.bytes_);
  }
  bool operator==(const IpAddress&) const = default;

private:
  IpAddress(bool v4, const std::array<std::uint8_t, 16>& bytes) : v4_(v4), bytes_(bytes) {}
  static IpAddress of_v6(const std::array<std::uint8_t, 16>& bytes);
  [[nodiscard]] IpAddress filled(unsigned length, std::uint8_t with) const;

  bool v4_;
  std::array<std::uint8_t, 16> bytes_; // network byte order; of IPv4 the first four, then zeros
};

} // namespace ktls
