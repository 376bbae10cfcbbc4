// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/signature_scheme.hpp"

#include <gnutls/gnutls.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ktls::tls {
namespace {

// All that TLS 1.3 allows in CertificateVerify and GnuTLS 3.7.9 can make; for TLS 1.2 RSA as of
// PKCS #1, and ECDSA with any curve. The first of a number is what the signer uses: which curve
// TLS 1.3 wants with which hash has been seen to in the handshake.
constexpr std::array<SignatureScheme, 17> schemes{{
    {0x0401, GNUTLS_SIGN_RSA_SHA256, 32},
    {0x0501, GNUTLS_SIGN_RSA_SHA384, 48},
    {0x0601, GNUTLS_SIGN_RSA_SHA512, 64},
    {0x0403, GNUTLS_SIGN_ECDSA_SHA256, 32},
    {0x0503, GNUTLS_SIGN_ECDSA_SHA384, 48},
    {0x0603, GNUTLS_SIGN_ECDSA_SHA512, 64},
    {0x0403, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 32},
    {0x0503, GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, 48},
    {0x0603, GNUTLS_SIGN_ECDSA_SECP521R1_SHA512, 64},
    {0x0804, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 32},
    {0x0805, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 48},
    {0x0806, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 64},
    {0x0807, GNUTLS_SIGN_EDDSA_ED25519, 0},
    {0x0808, GNUTLS_SIGN_EDDSA_ED448, 0},
    {0x0809, GNUTLS_SIGN_RSA_PSS_SHA256, 32},
    {0x080a, GNUTLS_SIGN_RSA_PSS_SHA384, 48},
    {0x080b, GNUTLS_SIGN_RSA_PSS_SHA512, 64},
}};

// RFC 8017, section 9.2, note 1: all of a DigestInfo before the digest.
constexpr std::size_t prefix_size = 19;
struct DigestInfoPrefix {
  std::uint16_t scheme;
  std::array<std::uint8_t, prefix_size> bytes;
};
constexpr std::array<DigestInfoPrefix, 3> prefixes{{
    {0x0401,
     {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
      0x05, 0x00, 0x04, 0x20}},
    {0x0501,
     {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
      0x05, 0x00, 0x04, 0x30}},
    {0x0601,
     {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
      0x05, 0x00, 0x04, 0x40}},
}};

template<class Predicate>
std::optional<SignatureScheme> find(Predicate matches) {
  const auto* found = std::find_if(schemes.begin(), schemes.end(), matches);
  if (found == schemes.end())
    return std::nullopt;
  return *found;
}

} // namespace

std::optional<SignatureScheme> scheme_by_number(std::uint16_t number) {
  return find([number](const SignatureScheme& s) { return s.number == number; });
}

std::optional<SignatureScheme> scheme_by_algorithm(int gnutls_algorithm) {
  return find([=](const SignatureScheme& s) { return s.gnutls_algorithm == gnutls_algorithm; });
}

std::optional<RsaDigest> read_digest_info(std::span<const std::byte> bytes) {
  for (const auto& prefix : prefixes) {
    const auto scheme = *scheme_by_number(prefix.scheme);
    if (bytes.size() == prefix_size + scheme.digest_size &&
        std::memcmp(bytes.data(), prefix.bytes.data(), prefix_size) == 0)
      return RsaDigest{scheme, bytes.subspan(prefix_size)};
  }
  return std::nullopt;
}

} // namespace ktls::tls
