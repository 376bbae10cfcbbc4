// SPDX-License-Identifier: GPL-2.0-or-later
// Finding the name that a client asks for, before any TLS library reads its ClientHello. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace ktls::tls {

// A ClientHello beyond this is not looked through: RFC 8446 allows more, and nobody sends it.
inline constexpr std::size_t max_client_hello = 16UL * 1024;

// `received`: all that has come on the connection so far, from its first byte on. None: more is
// needed to say. Empty: there is no name, or what has come is no ClientHello, which the TLS library
// is to judge. Else the DNS name of its server_name extension (RFC 6066, section 3), in small
// letters.
[[nodiscard]] std::optional<std::string> server_name_in(std::span<const std::byte> received);

} // namespace ktls::tls
