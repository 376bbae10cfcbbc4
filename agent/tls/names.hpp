// SPDX-License-Identifier: GPL-2.0-or-later
// Names of the TLS registries, as an administrator writes them, and what GnuTLS calls the same.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace ktls::tls {

struct Name {
  std::string_view registry; // IANA's or RFC 8446's: "x25519", "ecdsa_secp256r1_sha256"
  std::string_view gnutls;   // in priority strings, behind GROUP- or SIGN-
};

// RFC 8446, section 4.2.7; the post-quantum hybrids first. Which of them there are, GnuTLS tells.
[[nodiscard]] std::span<const Name> group_names();
// RFC 8446, section 4.2.3.
[[nodiscard]] std::span<const Name> signature_names();
// AEAD algorithms, as the suites of TLS 1.2 and 1.3 use them: "aes-128-gcm".
[[nodiscard]] std::span<const Name> cipher_names();
// The same algorithms by the suites of TLS 1.3: "TLS_AES_128_GCM_SHA256".
[[nodiscard]] std::span<const Name> suite_names();

// What GnuTLS calls `registry`, whose case does not count; empty when it is not one of `names`.
[[nodiscard]] std::vector<std::string_view> gnutls_names(std::span<const Name> names,
                                                         std::string_view registry);

// The other way; `gnutls` itself when it is not one of `names`.
[[nodiscard]] std::string_view registry_name(std::span<const Name> names, std::string_view gnutls);

} // namespace ktls::tls
