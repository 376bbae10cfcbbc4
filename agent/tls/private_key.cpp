// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/private_key.hpp"

#include <algorithm>
#include <string_view>

#include "tls/gnutls_error.hpp"
#include "tls/handles.hpp"
#include "tls/signature_scheme.hpp"

namespace ktls::tls {

void PrivateKey::Free::operator()(gnutls_privkey_st* key) const noexcept {
  gnutls_privkey_deinit(key);
}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

Result<PrivateKey> PrivateKey::from_pem(std::span<const std::byte> pem) {
  gnutls_privkey_t raw = nullptr;
  int status = gnutls_privkey_init(&raw);
  if (status < 0)
    return gnutls_error("reading a private key", status);
  PrivateKey key(raw);
  const gnutls_datum_t data = view(pem);
  status = gnutls_privkey_import_x509_raw(raw, &data, GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (status == GNUTLS_E_DECRYPTION_FAILED)
    return invalid("the private key is encrypted; only unencrypted ones can be used");
  if (status < 0)
    return gnutls_error("reading a private key", status);
  return key;
}

Result<Sha256> PrivateKey::spki_sha256() const {
  gnutls_pubkey_t raw = nullptr;
  int status = gnutls_pubkey_init(&raw);
  if (status < 0)
    return gnutls_error("deriving a public key", status);
  const PublicKeyHandle pubkey(raw);
  status = gnutls_pubkey_import_privkey(raw, key_.get(), 0, 0);
  if (status < 0)
    return gnutls_error("deriving a public key", status);
  Sha256 digest{};
  std::size_t size = digest.size();
  status = gnutls_pubkey_get_key_id(raw, GNUTLS_KEYID_USE_SHA256, digest.data(), &size);
  if (status < 0)
    return gnutls_error("hashing a public key", status);
  return digest;
}

Result<std::vector<std::byte>> PrivateKey::sign(std::uint16_t scheme,
                                                std::span<const std::byte> data) const {
  const auto known = scheme_by_number(scheme);
  if (!known)
    return invalid("signature scheme is not one of TLS 1.3");
  const auto algorithm = static_cast<gnutls_sign_algorithm_t>(known->gnutls_algorithm);
  const bool hashes_itself = known->digest_size == 0;
  if (hashes_itself ? !is_certificate_verify_content(data) : data.size() != known->digest_size)
    return invalid("not the content of a CertificateVerify message");
  const gnutls_datum_t in = view(data);
  const unsigned flags = GNUTLS_PRIVKEY_FLAG_RSA_PSS_FIXED_SALT_LENGTH;
  Datum signature;
  const int status =
      hashes_itself ? gnutls_privkey_sign_data2(key_.get(), algorithm, 0, &in, signature.out())
                    : gnutls_privkey_sign_hash2(key_.get(), algorithm, flags, &in, signature.out());
  if (status < 0)
    return gnutls_error("signing", status);
  return std::vector<std::byte>(signature.bytes().begin(), signature.bytes().end());
}

bool is_certificate_verify_content(std::span<const std::byte> data) {
  constexpr std::size_t padding = 64;
  constexpr std::string_view server{"TLS 1.3, server CertificateVerify\0", 34};
  constexpr std::string_view client{"TLS 1.3, client CertificateVerify\0", 34};
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  if (text.size() < padding + server.size() || text.find_first_not_of(' ') != padding)
    return false;
  const auto context = text.substr(padding, server.size());
  const auto hash_size = text.size() - padding - server.size();
  return (context == server || context == client) && (hash_size == 32 || hash_size == 48);
}

} // namespace ktls::tls
