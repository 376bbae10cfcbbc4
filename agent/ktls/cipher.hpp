// SPDX-License-Identifier: GPL-2.0-or-later
// Suite: the protocol versions and ciphers that kernel TLS can carry, and their sizes.
#pragma once

#include <linux/tls.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ktls {

enum class Protocol : std::uint8_t { Tls12, Tls13 };
enum class Cipher : std::uint8_t { Aes128Gcm, Aes256Gcm, Aes128Ccm, Chacha20Poly1305 };

// What decides on the layout of the keys. Key exchange, signature and hash are of no more interest
// once there are keys.
struct Suite {
  Protocol protocol;
  Cipher cipher;
  bool operator==(const Suite&) const = default;
};

struct CipherFacts {
  Cipher cipher;
  std::string_view name; // IANA's, of the TLS 1.3 suite
  std::size_t key_size;
  std::size_t salt_size; // of the kernel's structure, as is iv_size
  std::size_t iv_size;
  std::uint16_t kernel_type;
};

// "iv_length is set to the larger of 8 bytes or N_MIN" (RFC 8446, section 5.3): 12 for all of them.
inline constexpr std::size_t nonce_size = 12;
inline constexpr std::size_t record_sequence_size = 8;
inline constexpr std::size_t max_key_size = 32;

inline constexpr std::array<CipherFacts, 4> cipher_table{{
    {Cipher::Aes128Gcm, "TLS_AES_128_GCM_SHA256", TLS_CIPHER_AES_GCM_128_KEY_SIZE,
     TLS_CIPHER_AES_GCM_128_SALT_SIZE, TLS_CIPHER_AES_GCM_128_IV_SIZE, TLS_CIPHER_AES_GCM_128},
    {Cipher::Aes256Gcm, "TLS_AES_256_GCM_SHA384", TLS_CIPHER_AES_GCM_256_KEY_SIZE,
     TLS_CIPHER_AES_GCM_256_SALT_SIZE, TLS_CIPHER_AES_GCM_256_IV_SIZE, TLS_CIPHER_AES_GCM_256},
    {Cipher::Aes128Ccm, "TLS_AES_128_CCM_SHA256", TLS_CIPHER_AES_CCM_128_KEY_SIZE,
     TLS_CIPHER_AES_CCM_128_SALT_SIZE, TLS_CIPHER_AES_CCM_128_IV_SIZE, TLS_CIPHER_AES_CCM_128},
    {Cipher::Chacha20Poly1305, "TLS_CHACHA20_POLY1305_SHA256",
     TLS_CIPHER_CHACHA20_POLY1305_KEY_SIZE, TLS_CIPHER_CHACHA20_POLY1305_SALT_SIZE,
     TLS_CIPHER_CHACHA20_POLY1305_IV_SIZE, TLS_CIPHER_CHACHA20_POLY1305},
}};

static_assert([] {
  for (std::size_t i = 0; i < cipher_table.size(); ++i) {
    const CipherFacts& row = cipher_table.at(i);
    if (row.cipher != static_cast<Cipher>(i) || row.key_size > max_key_size ||
        row.salt_size + row.iv_size != nonce_size)
      return false;
  }
  return true;
}());

[[nodiscard]] constexpr const CipherFacts& facts(Cipher cipher) {
  return cipher_table.at(static_cast<std::size_t>(cipher));
}

// How much of the nonce the handshake gives. All of it, but for AES of TLS 1.2: "The salt is the
// "implicit" part of the nonce and is not sent in the packet" (RFC 5288, section 3; RFC 6655 for
// CCM); the other 8 bytes stand in each record.
[[nodiscard]] constexpr std::size_t iv_size(Suite suite) {
  const bool explicit_nonce =
      suite.protocol == Protocol::Tls12 && suite.cipher != Cipher::Chacha20Poly1305;
  return explicit_nonce ? facts(suite.cipher).salt_size : nonce_size;
}

struct NamedSuite {
  std::string_view name; // IANA's
  Suite suite;
};

// Only key exchanges with forward secrecy.
inline constexpr std::array<NamedSuite, 7> tls12_suites{{
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", {Protocol::Tls12, Cipher::Aes128Gcm}},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", {Protocol::Tls12, Cipher::Aes128Gcm}},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", {Protocol::Tls12, Cipher::Aes256Gcm}},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {Protocol::Tls12, Cipher::Aes256Gcm}},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", {Protocol::Tls12, Cipher::Aes128Ccm}}, // not with RSA
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", {Protocol::Tls12, Cipher::Chacha20Poly1305}},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", {Protocol::Tls12, Cipher::Chacha20Poly1305}},
}};

// `name` is IANA's, such as TLS_AES_128_GCM_SHA256.
[[nodiscard]] constexpr std::optional<Suite> suite_from_name(std::string_view name) {
  for (const CipherFacts& row : cipher_table) {
    if (row.name == name)
      return Suite{Protocol::Tls13, row.cipher};
  }
  for (const NamedSuite& row : tls12_suites) {
    if (row.name == name)
      return row.suite;
  }
  return std::nullopt;
}

[[nodiscard]] constexpr std::string_view name_of(Protocol protocol) {
  return protocol == Protocol::Tls12 ? "TLS 1.2" : "TLS 1.3";
}

} // namespace ktls
