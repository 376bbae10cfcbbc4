// SPDX-License-Identifier: GPL-2.0-or-later
// RFC 8446, section 4.2.3: SignatureScheme numbers, which travel between worker and signer; TLS 1.2
// uses the same numbers for a pair of algorithms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ktls::tls {

struct SignatureScheme {
  std::uint16_t number;    // RFC 8446
  int gnutls_algorithm;    // gnutls_sign_algorithm_t
  std::size_t digest_size; // of what is signed; 0: the scheme hashes the to-be-signed bytes itself
};

[[nodiscard]] std::optional<SignatureScheme> scheme_by_number(std::uint16_t number);
[[nodiscard]] std::optional<SignatureScheme> scheme_by_algorithm(int gnutls_algorithm);

// GnuTLS hands a whole DigestInfo (RFC 8017, section 9.2) to an external RSA key. Its scheme and
// the digest in it; none for other hashes than SHA-256, -384 and -512, or a byte out of place.
struct RsaDigest {
  SignatureScheme scheme;
  std::span<const std::byte> digest;
};
[[nodiscard]] std::optional<RsaDigest> read_digest_info(std::span<const std::byte> bytes);

} // namespace ktls::tls
