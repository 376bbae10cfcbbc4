// SPDX-License-Identifier: GPL-2.0-or-later
// PrivateKey: a long-term key in the signer, the only process that has any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "tls/certificate.hpp"

struct gnutls_privkey_st;

namespace ktls::tls {

class PrivateKey {
public:
  // An unencrypted PEM key: PKCS#8, or the older forms of RSA and EC keys.
  static Result<PrivateKey> from_pem(std::span<const std::byte> pem);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  [[nodiscard]] Result<Sha256> spki_sha256() const;

  // Signs for a TLS 1.3 CertificateVerify: `data` is a digest of the scheme's size, or for EdDSA
  // the whole to-be-signed content, which must be well-formed (RFC 8446, section 4.4.3). All else
  // is refused.
  [[nodiscard]] Result<std::vector<std::byte>> sign(std::uint16_t scheme,
                                                    std::span<const std::byte> data) const;

private:
  struct Free {
    void operator()(gnutls_privkey_st* key) const noexcept;
  };
  explicit PrivateKey(gnutls_privkey_st* key) : key_(key) {}

  std::unique_ptr<gnutls_privkey_st, Free> key_;
};

// RFC 8446, section 4.4.3: 64 bytes of 0x20, the context string of either side, 0x00, a hash.
[[nodiscard]] bool is_certificate_verify_content(std::span<const std::byte> data);

} // namespace ktls::tls
