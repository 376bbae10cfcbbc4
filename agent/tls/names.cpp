// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/names.hpp"

#include <strings.h>

#include <algorithm>
#include <array>

namespace ktls::tls {
namespace {

constexpr std::array<Name, 13> group_table{{
    {"X25519MLKEM768", "X25519-MLKEM768"},
    {"SecP256r1MLKEM768", "SECP256R1-MLKEM768"},
    {"SecP384r1MLKEM1024", "SECP384R1-MLKEM1024"},
    {"x25519", "X25519"},
    {"secp256r1", "SECP256R1"},
    {"secp384r1", "SECP384R1"},
    {"secp521r1", "SECP521R1"},
    {"x448", "X448"},
    {"ffdhe2048", "FFDHE2048"},
    {"ffdhe3072", "FFDHE3072"},
    {"ffdhe4096", "FFDHE4096"},
    {"ffdhe6144", "FFDHE6144"},
    {"ffdhe8192", "FFDHE8192"},
}};

// TLS 1.2 has no curve in them; GnuTLS knows both forms, by names of their own.
constexpr std::array<Name, 17> signature_table{{
    {"ecdsa_secp256r1_sha256", "ECDSA-SECP256R1-SHA256"},
    {"ecdsa_secp256r1_sha256", "ECDSA-SHA256"},
    {"ecdsa_secp384r1_sha384", "ECDSA-SECP384R1-SHA384"},
    {"ecdsa_secp384r1_sha384", "ECDSA-SHA384"},
    {"ecdsa_secp521r1_sha512", "ECDSA-SECP521R1-SHA512"},
    {"ecdsa_secp521r1_sha512", "ECDSA-SHA512"},
    {"ed25519", "EdDSA-Ed25519"},
    {"ed448", "EdDSA-Ed448"},
    {"rsa_pss_rsae_sha256", "RSA-PSS-RSAE-SHA256"},
    {"rsa_pss_rsae_sha384", "RSA-PSS-RSAE-SHA384"},
    {"rsa_pss_rsae_sha512", "RSA-PSS-RSAE-SHA512"},
    {"rsa_pss_pss_sha256", "RSA-PSS-SHA256"},
    {"rsa_pss_pss_sha384", "RSA-PSS-SHA384"},
    {"rsa_pss_pss_sha512", "RSA-PSS-SHA512"},
    {"rsa_pkcs1_sha256", "RSA-SHA256"},
    {"rsa_pkcs1_sha384", "RSA-SHA384"},
    {"rsa_pkcs1_sha512", "RSA-SHA512"},
}};

constexpr std::array<Name, 4> cipher_table{{
    {"aes-128-gcm", "AES-128-GCM"},
    {"aes-256-gcm", "AES-256-GCM"},
    {"aes-128-ccm", "AES-128-CCM"},
    {"chacha20-poly1305", "CHACHA20-POLY1305"},
}};

constexpr std::array<Name, 4> suite_table{{
    {"TLS_AES_128_GCM_SHA256", "AES-128-GCM"},
    {"TLS_AES_256_GCM_SHA384", "AES-256-GCM"},
    {"TLS_AES_128_CCM_SHA256", "AES-128-CCM"},
    {"TLS_CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"},
}};

} // namespace

std::span<const Name> group_names() {
  return group_table;
}
std::span<const Name> signature_names() {
  return signature_table;
}
std::span<const Name> cipher_names() {
  return cipher_table;
}
std::span<const Name> suite_names() {
  return suite_table;
}

std::vector<std::string_view> gnutls_names(std::span<const Name> names, std::string_view registry) {
  std::vector<std::string_view> found;
  for (const auto& name : names) {
    if (name.registry.size() == registry.size() &&
        ::strncasecmp(name.registry.data(), registry.data(), registry.size()) == 0)
      found.push_back(name.gnutls);
  }
  return found;
}

std::string_view registry_name(std::span<const Name> names, std::string_view gnutls) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](const Name& name) { return name.gnutls == gnutls; });
  return found == names.end() ? gnutls : found->registry;
}

} // namespace ktls::tls
