// SPDX-License-Identifier: GPL-2.0-or-later
// Reading certificates from an administrator's files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ktls::tls {

using Der = std::vector<std::byte>;
using Sha256 = std::array<std::uint8_t, 32>;

// All certificates of a PEM file, in its order, each checked to be well-formed. None is an error.
Result<std::vector<Der>> certificates_from_pem(std::string_view pem);

// The trust anchors of the operating system, as GnuTLS knows them. None is an error.
Result<std::vector<Der>> system_trust_anchors();

// The lists of a file: one in DER, or any number in PEM, each checked to be well-formed. None is an
// error.
Result<std::vector<Der>> crls_from_file(std::string_view content);

// What an administrator knows a certificate by.
struct CertificateFacts {
  std::string subject; // RFC 4514, escaped
  std::time_t not_before = 0;
  std::time_t not_after = 0;
  std::string issuer; // likewise
  std::string key;    // "ECDSA, 256 bits"
};
Result<CertificateFacts> facts_of(std::span<const std::byte> certificate);

// RFC 4514, escaped; cut where they have more than `most` bytes.
struct CertificateNames {
  std::string subject;
  std::string issuer;
};
Result<CertificateNames> names_of(std::span<const std::byte> certificate, std::size_t most);
// By its names, and by a signature that is not weak.
[[nodiscard]] bool is_self_signed(std::span<const std::byte> certificate);

Result<Sha256> sha256(std::span<const std::byte> bytes);
// SHA-256 of the certificate's DER SubjectPublicKeyInfo: what a private key is matched by.
Result<Sha256> spki_sha256(std::span<const std::byte> certificate);

// Whether an OCSP response is about this certificate.
[[nodiscard]] bool is_about(std::span<const std::byte> ocsp_response,
                            std::span<const std::byte> certificate);

// When the authority has, or would have, another answer: an answer that does not say so is good for
// the moment only, and an error here. Also for what is no good answer of one certificate.
Result<std::time_t> ocsp_next_update(std::span<const std::byte> response);

} // namespace ktls::tls
