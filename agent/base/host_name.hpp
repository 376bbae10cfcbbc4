// SPDX-License-Identifier: GPL-2.0-or-later
// HostName: what a server is asked for and verified by, a DNS name or an IP address.
#pragma once

#include <netinet/in.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ktls {

class HostName {
public:
  // RFC 1123 names of ASCII letters, digits, '-', '_' and '.', with or without a final dot; IPv4
  // and IPv6 addresses, the latter also in brackets. No zone ("%eth0"): certificates have none.
  static std::optional<HostName> parse(std::string_view text);

  [[nodiscard]] bool is_address() const { return address_size_ != 0; }
  // Network byte order, 4 or 16 bytes; empty for a name.
  [[nodiscard]] std::span<const std::byte> address() const {
    return std::span(address_).first(address_size_);
  }
  // Without brackets and final dot.
  [[nodiscard]] const std::string& text() const { return text_; }

private:
  std::string text_;
  std::array<std::byte, sizeof(in6_addr)> address_{};
  std::size_t address_size_ = 0;
};

} // namespace ktls
