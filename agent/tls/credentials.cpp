// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/credentials.hpp"

#include <cstring>

#include "tls/credentials_parts.hpp"
#include "tls/gnutls_error.hpp"
#include "tls/private_key.hpp"
#include "tls/signature_scheme.hpp"

namespace ktls::tls {
namespace {

int sign_remotely(gnutls_privkey_t, gnutls_sign_algorithm_t algorithm, void* data, unsigned,
                  const gnutls_datum_t* content, gnutls_datum_t* signature) {
  const auto& parts = *static_cast<const Credentials::Parts*>(data);
  auto to_sign = std::as_bytes(std::span(content->data, content->size));
  auto scheme = scheme_by_algorithm(algorithm);
  if (algorithm == GNUTLS_SIGN_RSA_RAW) {
    if (const auto unwrapped = read_digest_info(to_sign)) {
      scheme = unwrapped->scheme;
      to_sign = unwrapped->digest;
    }
  }
  // a client of TLS 1.2 signs all messages so far with EdDSA: nobody could check what that is
  if (!scheme || (scheme->digest_size == 0 && !is_eddsa_content(to_sign)))
    return GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;
  const auto made = parts.signer.sign(parts.key_id, scheme->number, to_sign);
  if (!made)
    return GNUTLS_E_PK_SIGN_FAILED;
  signature->data = static_cast<unsigned char*>(gnutls_malloc(made->size()));
  if (signature->data == nullptr)
    return GNUTLS_E_MEMORY_ERROR;
  std::memcpy(signature->data, made->data(), made->size());
  signature->size = static_cast<unsigned>(made->size());
  return 0;
}

int describe_key(gnutls_privkey_t, unsigned flags, void* data) {
  const auto& parts = *static_cast<const Credentials::Parts*>(data);
  if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) != 0)
    return parts.key_algorithm;
  if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) != 0)
    return static_cast<int>(parts.key_bits);
  if ((flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) != 0) {
    const auto algorithm = static_cast<gnutls_sign_algorithm_t>(GNUTLS_FLAGS_TO_SIGN_ALGO(flags));
    return scheme_by_algorithm(algorithm) &&
                   gnutls_sign_supports_pk_algorithm(algorithm, parts.key_algorithm) != 0
               ? 1
               : 0;
  }
  return -1;
}

// Called in the handshake when this side's certificate is wanted; an empty answer declines.
int retrieve_certificate(gnutls_session_t session, const gnutls_cert_retr_st*,
                         gnutls_pcert_st** certificates, unsigned* count, gnutls_ocsp_data_st**,
                         unsigned* ocsp_count, gnutls_privkey_t* key, unsigned* flags) {
  const auto* choice = static_cast<const CertificateChoice*>(gnutls_session_get_ptr(session));
  const auto* parts = choice->presented;
  *count = 0;
  *ocsp_count = 0;
  *flags = 0; // all stays ours
  if (parts == nullptr || parts->chain.empty())
    return 0;
  *certificates = const_cast<gnutls_pcert_st*>(parts->chain.data()); // GnuTLS only reads it
  *count = static_cast<unsigned>(parts->chain.size());
  *key = parts->key.get();
  return 0;
}

Result<> add_trust(gnutls_certificate_credentials_t to, const std::vector<ipc::Der>& trust) {
  for (const auto& anchor : trust) {
    const gnutls_datum_t data = view(anchor);
    const int added = gnutls_certificate_set_x509_trust_mem(to, &data, GNUTLS_X509_FMT_DER);
    if (added < 1)
      return gnutls_error("adding a trust anchor", added);
  }
  return {};
}

Result<> add_chain(Credentials::Parts& parts, const std::vector<ipc::Der>& chain) {
  for (const auto& der : chain) {
    const gnutls_datum_t data = view(der);
    gnutls_pcert_st certificate{};
    const int status = gnutls_pcert_import_x509_raw(&certificate, &data, GNUTLS_X509_FMT_DER, 0);
    if (status < 0)
      return gnutls_error("adding a certificate", status);
    parts.chain.push_back(certificate);
  }
  const int algorithm = gnutls_pubkey_get_pk_algorithm(parts.chain.front().pubkey, &parts.key_bits);
  if (algorithm < 0)
    return gnutls_error("reading the type of a public key", algorithm);
  parts.key_algorithm = static_cast<gnutls_pk_algorithm_t>(algorithm);

  gnutls_privkey_t key = nullptr;
  int status = gnutls_privkey_init(&key);
  if (status < 0)
    return gnutls_error("making a stand-in key", status);
  parts.key.reset(key);
  status = gnutls_privkey_import_ext4(key, &parts, sign_remotely, sign_remotely, nullptr, nullptr,
                                      describe_key, 0);
  if (status < 0)
    return gnutls_error("making a stand-in key", status);
  return {};
}

} // namespace

Credentials::Credentials(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Credentials::~Credentials() = default;

Result<std::unique_ptr<Credentials>> Credentials::create(const ipc::Profile& profile,
                                                         RemoteSigner& signer) {
  auto parts = std::make_unique<Parts>(signer, profile.key_id);
  gnutls_certificate_credentials_t raw = nullptr;
  const int status = gnutls_certificate_allocate_credentials(&raw);
  if (status < 0)
    return gnutls_error("allocating credentials", status);
  parts->certificates.reset(raw);
  TRY(add_trust(raw, profile.trust));
  if (!profile.chain.empty())
    TRY(add_chain(*parts, profile.chain));
  gnutls_certificate_set_retrieve_function3(raw, retrieve_certificate);
  return std::unique_ptr<Credentials>(new Credentials(std::move(parts)));
}

} // namespace ktls::tls
