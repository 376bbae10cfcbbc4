// SPDX-License-Identifier: GPL-2.0-or-later
// Checking signatures of certificates, and of lists of revoked ones.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "ipc/verification.hpp"
#include "tls/handles.hpp"
#include "tls/parsed_certificate.hpp"

namespace ktls::tls {

struct PublicKey {
  enum class Kind { Rsa, EllipticCurve, PostQuantum };

  // Unexpected: why it cannot be used. DSA, unknown types, and curves by their parameters cannot.
  static tl::expected<PublicKey, std::string> import(Bytes spki);

  PublicKeyHandle handle;
  gnutls_pk_algorithm_t algorithm = GNUTLS_PK_UNKNOWN;
  Kind kind = Kind::Rsa;
  unsigned bits = 0;
};

enum class SignatureStatus {
  Good,
  Bad,
  Weak, // or of an unknown algorithm
};

// SHA-2 with RSA (PKCS #1, or PSS with a salt as long as the hash) or ECDSA, EdDSA, and ML-DSA
// where the library has it.
[[nodiscard]] SignatureStatus check_signature(const Signed& what, const PublicKey& key);

// RFC 7469, section 2.4; false when it cannot be had.
[[nodiscard]] bool hash_spki(Bytes spki, ipc::SpkiHash& to);

} // namespace ktls::tls
