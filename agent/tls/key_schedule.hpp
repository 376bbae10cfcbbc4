// SPDX-License-Identifier: GPL-2.0-or-later
// The key schedule of TLS 1.3 behind a handshake: RFC 8446, sections 7.1 to 7.3.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ktls::tls {

// A traffic secret is as long as the hash of its cipher suite, and tells which one that is.
inline constexpr std::size_t sha256_secret = 32;
inline constexpr std::size_t sha384_secret = 48;
inline constexpr std::size_t max_traffic_secret = sha384_secret;
[[nodiscard]] constexpr bool is_traffic_secret_size(std::size_t size) {
  return size == sha256_secret || size == sha384_secret;
}

// "application_traffic_secret_N+1" (section 7.2).
[[nodiscard]] Result<Secret> next_traffic_secret(std::span<const std::byte> secret);

// "[sender]_write_key" and "[sender]_write_iv" (section 7.3).
struct WriteKey {
  Secret key;
  Secret iv;
};
[[nodiscard]] Result<WriteKey> write_key_of(std::span<const std::byte> secret, std::size_t key_size,
                                            std::size_t iv_size);

} // namespace ktls::tls
