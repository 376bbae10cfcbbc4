// SPDX-License-Identifier: GPL-2.0-or-later
// What a peer's hello says that GnuTLS acts upon, but does not tell: the versions it offers, and
// how large the records may be that it is sent. The kernel, which sends the data, has to be told.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ktls::tls {

class TlsReader;

enum class HelloKind { ClientHello, ServerHello, EncryptedExtensions };

struct Hello {
  bool tls12 = false; // ClientHello: offered
  bool tls13 = false;
  std::optional<std::uint16_t> record_size_limit;   // RFC 8449, section 4; as sent
  std::optional<std::uint16_t> max_fragment_length; // RFC 6066, section 4; in bytes
};

// `message` is a handshake message without its header of four bytes. None when it is malformed,
// which GnuTLS judges.
[[nodiscard]] std::optional<Hello> parse_hello(HelloKind kind, std::span<const std::byte> message);

// Reads a ClientHello or ServerHello up to its extensions. Returns its legacy_version.
std::uint32_t read_hello_head(HelloKind kind, TlsReader& message);

} // namespace ktls::tls
