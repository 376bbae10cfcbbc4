// SPDX-License-Identifier: GPL-2.0-or-later
// What a hello offers or chooses, for people. Pure; escaped, and of limited length whatever a peer
// sends.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace ktls::tls {

// Of each list; then how many more there are.
inline constexpr std::size_t max_listed = 16;

// Handshake messages without their header of four bytes. "malformed" behind what could be read.
[[nodiscard]] std::string offer_text(std::span<const std::byte> client_hello);
[[nodiscard]] std::string choice_text(std::span<const std::byte> server_hello);

// RFC 8446, section 4: "client_hello"
[[nodiscard]] std::string message_name(unsigned type);

} // namespace ktls::tls
