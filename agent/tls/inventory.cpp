// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/inventory.hpp"

#include <cstring>

#include "tls/certificate.hpp"
#include "tls/gnutls_error.hpp"
#include "tls/inventory_parts.hpp"
#include "tls/private_key.hpp"
#include "tls/signature_scheme.hpp"

namespace ktls::tls {
namespace {

int sign_remotely(gnutls_privkey_t, gnutls_sign_algorithm_t algorithm, void* data, unsigned,
                  const gnutls_datum_t* content, gnutls_datum_t* signature) {
  const auto& own = *static_cast<const OwnCredential*>(data);
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
  const auto made = own.signer.sign(own.key_id, scheme->number, to_sign);
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
  const auto& own = *static_cast<const OwnCredential*>(data);
  if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) != 0)
    return own.key_algorithm;
  if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) != 0)
    return static_cast<int>(own.key_bits);
  if ((flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) != 0) {
    const auto algorithm = static_cast<gnutls_sign_algorithm_t>(GNUTLS_FLAGS_TO_SIGN_ALGO(flags));
    return scheme_by_algorithm(algorithm) &&
                   gnutls_sign_supports_pk_algorithm(algorithm, own.key_algorithm) != 0
               ? 1
               : 0;
  }
  return -1;
}

Result<> add_chain(OwnCredential& own, const std::vector<ipc::Der>& chain) {
  for (const auto& der : chain) {
    const gnutls_datum_t data = view(der);
    gnutls_pcert_st certificate{};
    const int status = gnutls_pcert_import_x509_raw(&certificate, &data, GNUTLS_X509_FMT_DER, 0);
    if (status < 0)
      return gnutls_error("adding a certificate", status);
    own.chain.push_back(certificate);
  }
  gnutls_x509_crt_t leaf = nullptr;
  const int exported = gnutls_pcert_export_x509(&own.chain.front(), &leaf);
  if (exported < 0)
    return gnutls_error("reading a certificate", exported);
  own.leaf.reset(leaf);
  const int algorithm = gnutls_pubkey_get_pk_algorithm(own.chain.front().pubkey, &own.key_bits);
  if (algorithm < 0)
    return gnutls_error("reading the type of a public key", algorithm);
  own.key_algorithm = static_cast<gnutls_pk_algorithm_t>(algorithm);
  return {};
}

Result<> add_key(OwnCredential& own) {
  gnutls_privkey_t key = nullptr;
  int status = gnutls_privkey_init(&key);
  if (status < 0)
    return gnutls_error("making a stand-in key", status);
  own.key.reset(key);
  status = gnutls_privkey_import_ext4(key, &own, sign_remotely, sign_remotely, nullptr, nullptr,
                                      describe_key, 0);
  if (status < 0)
    return gnutls_error("making a stand-in key", status);
  return {};
}

// GnuTLS does not send it beyond the time at which another one was announced.
Result<> add_staple(OwnCredential& own, const std::vector<std::byte>& ocsp_response) {
  if (ocsp_response.empty())
    return {};
  own.ocsp_response = ocsp_response;
  own.staple.response = view(own.ocsp_response);
  own.staple.exptime = TRY(ocsp_next_update(own.ocsp_response));
  return {};
}

} // namespace

Inventory::Inventory(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Inventory::~Inventory() = default;

const Inventory::Parts::Trust& Inventory::Parts::trust_of(const ipc::Profile& profile) const {
  const auto store = profile.verification.trust_store;
  return store == ipc::no_trust_store ? nobody : trust.at(store);
}

Result<std::unique_ptr<Inventory>>
Inventory::create(const std::vector<ipc::Credential>& credentials,
                  std::vector<ipc::TrustStore> trust_stores, RemoteSigner& signer) {
  auto parts = std::make_unique<Parts>();
  for (const auto& credential : credentials) {
    auto own = std::make_unique<OwnCredential>(signer, credential.key_id);
    TRY(add_chain(*own, credential.chain));
    TRY(add_key(*own));
    TRY(add_staple(*own, credential.ocsp_response));
    parts->own.push_back(std::move(own));
  }
  parts->nobody.store = TRY(TrustStore::create({}));
  for (auto& store : trust_stores) {
    auto& trust = parts->trust.emplace_back();
    trust.store = TRY(TrustStore::create(store));
    if (store.anchors.size() <= max_named_authorities)
      trust.named = std::move(store.anchors);
  }
  return std::unique_ptr<Inventory>(new Inventory(std::move(parts)));
}

} // namespace ktls::tls
