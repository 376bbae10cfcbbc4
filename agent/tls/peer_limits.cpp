// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/peer_limits.hpp"

#include <fmt/format.h>

#include <bit>

#include "tls/handles.hpp"
#include "tls/tls_reader.hpp"

namespace ktls::tls {
namespace {

std::size_t bits_of(std::span<const std::byte> number) {
  while (!number.empty() && number.front() == std::byte{0})
    number = number.subspan(1);
  if (number.empty())
    return 0;
  const auto first = std::to_integer<unsigned>(number.front());
  return (number.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(first));
}

std::string judge_rsa(gnutls_pubkey_t key, unsigned bits, const ipc::PeerLimits& limits) {
  if (bits > limits.rsa_bits)
    return fmt::format("an RSA key of {} bits, at most {} are allowed", bits, limits.rsa_bits);
  Datum modulus;
  Datum exponent;
  if (gnutls_pubkey_export_rsa_raw(key, modulus.out(), exponent.out()) < 0)
    return "an RSA key that cannot be read";
  if (const auto size = bits_of(exponent.bytes()); size > limits.rsa_exponent_bits)
    return fmt::format("an RSA exponent of {} bits, at most {} are allowed", size,
                       limits.rsa_exponent_bits);
  return {};
}

// FIPS 204; this GnuTLS may be older than its number for it, but not than its name.
bool is_ml_dsa(int algorithm) {
  const char* name = gnutls_pk_get_name(static_cast<gnutls_pk_algorithm_t>(algorithm));
  return name != nullptr && std::string_view(name).starts_with("ML-DSA");
}

std::string judge(std::span<const std::byte> der, const ipc::PeerLimits& limits) {
  gnutls_x509_crt_t raw_certificate = nullptr;
  gnutls_pubkey_t raw_key = nullptr;
  if (gnutls_x509_crt_init(&raw_certificate) < 0)
    return "no memory to read a certificate";
  const CertificateHandle certificate(raw_certificate);
  if (gnutls_pubkey_init(&raw_key) < 0)
    return "no memory to read a key";
  const PublicKeyHandle key(raw_key);
  const gnutls_datum_t data = view(der);
  if (gnutls_x509_crt_import(raw_certificate, &data, GNUTLS_X509_FMT_DER) < 0)
    return {}; // malformed
  unsigned bits = 0;
  if (gnutls_pubkey_import_x509(raw_key, raw_certificate, 0) < 0)
    return "a key of an unknown type";
  const int algorithm = gnutls_pubkey_get_pk_algorithm(raw_key, &bits);
  switch (algorithm) {
  case GNUTLS_PK_RSA:
  case GNUTLS_PK_RSA_PSS:
    return judge_rsa(raw_key, bits, limits);
  case GNUTLS_PK_ECDSA:
  case GNUTLS_PK_EDDSA_ED25519:
  case GNUTLS_PK_EDDSA_ED448:
    return {}; // their sizes are those of the few curves that the library has
  default:
    return is_ml_dsa(algorithm) ? "" : "a key that is neither RSA, ECDSA, EdDSA nor ML-DSA";
  }
}

} // namespace

tl::expected<PresentedChain, std::string> read_chain(std::span<const std::byte> message, bool tls13,
                                                     const ipc::PeerLimits& limits) {
  if (message.size() > limits.chain_bytes)
    return tl::make_unexpected(
        fmt::format("a certificate chain of {} bytes, at most {} are allowed", message.size(),
                    limits.chain_bytes));
  TlsReader reader(message);
  if (tls13)
    (void)reader.vector(1); // certificate_request_context
  TlsReader list(reader.vector(3));
  PresentedChain chain;
  while (!list.at_end()) {
    const auto der = list.vector(3);
    if (tls13)
      (void)list.vector(2); // extensions
    if (!list.ok())
      break;
    if (chain.size() >= limits.chain_length)
      return tl::make_unexpected(fmt::format("more than {} certificates", limits.chain_length));
    chain.push_back(der);
  }
  return chain;
}

std::string broken_key_limit(const PresentedChain& chain, const ipc::PeerLimits& limits) {
  for (const auto der : chain) {
    if (auto broken = judge(der, limits); !broken.empty())
      return broken;
  }
  return {};
}

} // namespace ktls::tls
