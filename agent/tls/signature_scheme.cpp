// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/signature_scheme.hpp"

#include <gnutls/gnutls.h>

#include <algorithm>
#include <array>

namespace ktls::tls {
namespace {

// All that TLS 1.3 allows in CertificateVerify and GnuTLS 3.7.9 can make.
constexpr std::array<SignatureScheme, 11> schemes{{
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

} // namespace ktls::tls
