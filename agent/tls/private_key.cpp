// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/private_key.hpp"

#include <gnutls/pkcs11.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "tls/gnutls_error.hpp"
#include "tls/handles.hpp"
#include "tls/signature_scheme.hpp"

namespace ktls::tls {
namespace {

// A TPM 2.0 key file, which this GnuTLS does not read.
bool is_tss2(std::span<const std::byte> pem) {
  const std::string_view text(reinterpret_cast<const char*>(pem.data()), pem.size());
  return text.find("-----BEGIN TSS2 PRIVATE KEY-----") != std::string_view::npos;
}

// Never a second time: a token locks itself after some wrong PINs.
int give_pin(void* pin, int attempt, const char*, const char*, unsigned flags, char* out,
             std::size_t size) {
  if (pin == nullptr || attempt > 0 || (flags & GNUTLS_PIN_WRONG) != 0)
    return GNUTLS_E_PKCS11_PIN_ERROR;
  const auto bytes = static_cast<Secret*>(pin)->bytes();
  if (bytes.size() >= size)
    return GNUTLS_E_PKCS11_PIN_ERROR;
  std::memcpy(out, bytes.data(), bytes.size());
  out[bytes.size()] = '\0';
  return 0;
}

} // namespace

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
  if (status < 0 && is_tss2(pem))
    return invalid("it is a TPM 2.0 key, which this GnuTLS cannot use; a TPM can be used through "
                   "its PKCS #11 module (tpm2-pkcs11) with a pkcs11: URL",
                   std::errc::not_supported);
  if (status < 0)
    return gnutls_error("reading a private key", status);
  return key;
}

Result<> load_token_modules() {
  // not the modules of the caller's choice: those of the system
  const int status = gnutls_pkcs11_init(GNUTLS_PKCS11_FLAG_AUTO, nullptr);
  if (status < 0)
    return gnutls_error("loading the PKCS #11 modules", status);
  return {};
}

Result<PrivateKey> PrivateKey::from_token(const std::string& url, std::optional<Secret> pin) {
  if (gnutls_url_is_supported(url.c_str()) == 0)
    return invalid("this GnuTLS has no support for such keys; a TPM can be used through its PKCS "
                   "#11 module (tpm2-pkcs11) with a pkcs11: URL",
                   std::errc::not_supported);
  gnutls_privkey_t raw = nullptr;
  int status = gnutls_privkey_init(&raw);
  if (status < 0)
    return gnutls_error("opening a key in a token", status);
  PrivateKey key(raw);
  if (pin)
    key.pin_ = std::make_unique<Secret>(std::move(*pin));
  gnutls_privkey_set_pin_function(raw, give_pin, key.pin_.get());
  status = gnutls_privkey_import_url(raw, url.c_str(), 0);
  if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
    return invalid("no token here has such a key; p11tool --list-privkeys --login URL lists those "
                   "of a token, and p11-kit list-modules the tokens",
                   std::errc::no_such_device);
  if (status < 0)
    return gnutls_error("opening a key in a token", status);
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
    return invalid("the signature scheme is not one that TLS uses");
  const auto algorithm = static_cast<gnutls_sign_algorithm_t>(known->gnutls_algorithm);
  const bool hashes_itself = known->digest_size == 0;
  if (hashes_itself ? !is_eddsa_content(data) : data.size() != known->digest_size)
    return invalid("not what a TLS handshake has signed");
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

bool is_server_key_exchange_content(std::span<const std::byte> data) {
  constexpr std::size_t randoms = 64;
  constexpr std::byte named_curve{3};
  struct Group {
    std::byte number; // RFC 8422, section 5.1.1; the byte before it is zero
    std::size_t point;
  };
  constexpr std::array<Group, 5> groups{{{std::byte{0x17}, 65},
                                         {std::byte{0x18}, 97},
                                         {std::byte{0x19}, 133},
                                         {std::byte{0x1d}, 32},
                                         {std::byte{0x1e}, 56}}};
  if (data.size() < randoms + 4 || data[randoms] != named_curve ||
      data[randoms + 1] != std::byte{0})
    return false;
  return std::any_of(groups.begin(), groups.end(), [&](const Group& group) {
    return data[randoms + 2] == group.number && data[randoms + 3] == std::byte(group.point) &&
           data.size() == randoms + 4 + group.point;
  });
}

bool is_eddsa_content(std::span<const std::byte> data) {
  return is_certificate_verify_content(data) || is_server_key_exchange_content(data);
}

} // namespace ktls::tls
