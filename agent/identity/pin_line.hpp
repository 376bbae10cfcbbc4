// SPDX-License-Identifier: GPL-2.0-or-later
// PinLine: one line of a file of pins. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "tls/certificate.hpp"

namespace ktls::identity {

// In place of a user: whoever comes with this is refused, whatever else is said of it.
inline constexpr std::string_view deny_user = "!deny";

enum class PinKind : std::uint8_t { Certificate, Key, Issued };
inline constexpr std::size_t pin_kinds = 3;

struct PinLine {
  static constexpr std::size_t max_size = 8192;

  PinKind kind = PinKind::Certificate;
  tls::Sha256 hash{}; // of the certificate, the key, or the key of the anchor
  std::string serial; // as PeerIdentity has it
  std::string issuer;
  std::string_view user; // into the line

  // None: there is only a comment. Unexpected: what is wrong.
  static tl::expected<std::optional<PinLine>, std::string> parse(std::string_view line);
  [[nodiscard]] std::string text() const;
  // What it is found by: the hash, of an issued one together with serial number and issuer.
  [[nodiscard]] std::optional<tls::Sha256> key() const;
};

} // namespace ktls::identity
