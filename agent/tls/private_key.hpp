// SPDX-License-Identifier: GPL-2.0-or-later
// PrivateKey: a long-term key in the signer, the only process that has any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "tls/certificate.hpp"

struct gnutls_privkey_st;

namespace ktls::tls {

class PrivateKey {
public:
  // An unencrypted PEM key: PKCS#8, or the older forms of RSA and EC keys.
  static Result<PrivateKey> from_pem(std::span<const std::byte> pem);

  // A key in a token, by its URL without a query part. Loads no module and may take as long as the
  // token does, here and in sign(). ENOTSUP for a kind of URL that this GnuTLS cannot use.
  static Result<PrivateKey> from_token(const std::string& url, std::optional<Secret> pin);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  [[nodiscard]] Result<Sha256> spki_sha256() const;

  // Signs for a TLS handshake: `data` is a digest of the scheme's size, or for EdDSA the whole
  // content, which must be well-formed (is_eddsa_content). All else is refused.
  [[nodiscard]] Result<std::vector<std::byte>> sign(std::uint16_t scheme,
                                                    std::span<const std::byte> data) const;

private:
  struct Free {
    void operator()(gnutls_privkey_st* key) const noexcept;
  };
  explicit PrivateKey(gnutls_privkey_st* key) : key_(key) {}

  std::unique_ptr<Secret> pin_; // GnuTLS points to it
  std::unique_ptr<gnutls_privkey_st, Free> key_;
};

// Loads the PKCS #11 modules that this system has configured for p11-kit. Needs to load libraries.
[[nodiscard]] Result<> load_token_modules();

// What EdDSA may sign, since it can be told from all else: a CertificateVerify of TLS 1.3, or a
// ServerKeyExchange of TLS 1.2 with an elliptic curve.
[[nodiscard]] bool is_eddsa_content(std::span<const std::byte> data);

// RFC 8422, section 5.4: two random values, named_curve, a group and a point of its size.
[[nodiscard]] bool is_server_key_exchange_content(std::span<const std::byte> data);

// RFC 8446, section 4.4.3: 64 bytes of 0x20, the context string of either side, 0x00, a hash.
[[nodiscard]] bool is_certificate_verify_content(std::span<const std::byte> data);

} // namespace ktls::tls
