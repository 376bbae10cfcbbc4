// SPDX-License-Identifier: GPL-2.0-or-later
// Pins: the SHA-256 of a public key, as text. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ipc/verification.hpp"

namespace ktls::policy {

// 64 hexadecimal digits, with or without colons between bytes; or "sha256//" and base64.
[[nodiscard]] std::optional<ipc::SpkiHash> parse_pin(std::string_view text);
// In small hexadecimal digits.
[[nodiscard]] std::string pin_text(const ipc::SpkiHash& pin);

} // namespace ktls::policy
