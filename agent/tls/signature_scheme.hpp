// SPDX-License-Identifier: GPL-2.0-or-later
// RFC 8446, section 4.2.3: SignatureScheme numbers, which travel between worker and signer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ktls::tls {

struct SignatureScheme {
  std::uint16_t number;    // RFC 8446
  int gnutls_algorithm;    // gnutls_sign_algorithm_t
  std::size_t digest_size; // of what is signed; 0: the scheme hashes the to-be-signed bytes itself
};

[[nodiscard]] std::optional<SignatureScheme> scheme_by_number(std::uint16_t number);
[[nodiscard]] std::optional<SignatureScheme> scheme_by_algorithm(int gnutls_algorithm);

} // namespace ktls::tls
