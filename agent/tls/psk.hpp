// SPDX-License-Identifier: GPL-2.0-or-later
// Pre-shared keys (RFC 8446, section 2.2), which another process keeps.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ktls::tls {

// RFC 9257, section 6: at least 128 bits. NVMe's have 32 or 48 bytes.
inline constexpr std::size_t min_psk_size = 16;
// In bytes: the longest of NVMe has version and hash, two names of 223 bytes, and a digest of 48
// bytes in base64, with spaces between (TP 8018).
inline constexpr std::size_t max_psk_identity = 8 + 1 + 223 + 1 + 223 + 1 + 64;
inline constexpr std::size_t max_psk_size = 64; // bytes; none of them zero is known to GnuTLS
// Keys that one handshake may ask for. GnuTLS tries the first identity that it could use, and a
// peer may send another behind a HelloRetryRequest.
inline constexpr int max_psk_lookups = 2;

struct Psk {
  std::string identity;
  Secret key;
};

class PskLookup {
public:
  virtual ~PskLookup() = default;
  // As server: the key of the identity that the peer sent. As client, with an empty identity: the
  // one to use. Blocks, but never for longer than the implementation's limit.
  virtual Result<Psk> find(std::string_view identity) = 0;
};

// The hash that a key is bound to (RFC 8446, section 4.2.11). For identities of NVMe (TP 8018) it
// is in them, for all others SHA-256.
enum class PskHash { WithSha256, WithSha384 };
[[nodiscard]] PskHash psk_hash(std::string_view identity);
// Not with GnuTLS before 3.8.11.
[[nodiscard]] bool can_use_psk_with_sha384();

} // namespace ktls::tls
