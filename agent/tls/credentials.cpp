// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/credentials.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "tls/credentials_parts.hpp"
#include "tls/gnutls_error.hpp"
#include "tls/signature_scheme.hpp"

namespace ktls::tls {
namespace {

int sign_remotely(gnutls_privkey_t, gnutls_sign_algorithm_t algorithm, void* data, unsigned,
                  const gnutls_datum_t* content, gnutls_datum_t* signature) {
  const auto& own = *static_cast<const OwnCredential*>(data);
  const auto scheme = scheme_by_algorithm(algorithm);
  if (!scheme)
    return GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;
  const auto made = own.signer.sign(own.key_id, scheme->number,
                                    std::as_bytes(std::span(content->data, content->size)));
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

// The name that a client asks for; empty when it asks for none.
std::string requested_name(gnutls_session_t session) {
  constexpr std::size_t room = 256; // a DNS name has at most 255 bytes
  std::string name(room, '\0');
  std::size_t size = name.size();
  unsigned type = 0;
  if (gnutls_server_name_get(session, name.data(), &size, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
    return {};
  name.resize(std::strlen(name.c_str()));
  return name;
}

bool can_be_verified(const OwnCredential& own, const gnutls_cert_retr_st& peer) {
  const std::span<const gnutls_pk_algorithm_t> known(peer.pk_algos, peer.pk_algos_length);
  return known.empty() || std::find(known.begin(), known.end(), own.key_algorithm) != known.end();
}

// The first that fits name and algorithms, else the first that fits the algorithms, else the first:
// what a peer cannot do with it, GnuTLS tells it.
const OwnCredential* choose(gnutls_session_t session, const Credentials::Parts& parts,
                            const gnutls_cert_retr_st& peer) {
  const std::string name = requested_name(session);
  const OwnCredential* any = nullptr;
  for (const auto& own : parts.own) {
    if (!can_be_verified(*own, peer))
      continue;
    if (!name.empty() &&
        gnutls_x509_crt_check_hostname2(own->leaf.get(), name.c_str(),
                                        GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES) != 0)
      return own.get();
    if (any == nullptr)
      any = own.get();
  }
  return any != nullptr ? any : parts.own.front().get();
}

// Called in the handshake when this side's certificate is wanted; an empty answer declines.
int retrieve_certificate(gnutls_session_t session, const gnutls_cert_retr_st* peer,
                         gnutls_pcert_st** certificates, unsigned* count, gnutls_ocsp_data_st**,
                         unsigned* ocsp_count, gnutls_privkey_t* key, unsigned* flags) {
  const auto* parts =
      static_cast<const CertificateChoice*>(gnutls_session_get_ptr(session))->presented;
  *count = 0;
  *ocsp_count = 0;
  *flags = 0; // all stays ours
  if (parts == nullptr || parts->own.empty())
    return 0;
  const auto* own = choose(session, *parts, *peer);
  *certificates = const_cast<gnutls_pcert_st*>(own->chain.data()); // GnuTLS only reads it
  *count = static_cast<unsigned>(own->chain.size());
  *key = own->key.get();
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

} // namespace

Credentials::Credentials(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Credentials::~Credentials() = default;

Result<std::unique_ptr<Credentials>> Credentials::create(const ipc::Profile& profile,
                                                         RemoteSigner& signer) {
  auto parts = std::make_unique<Parts>();
  gnutls_certificate_credentials_t raw = nullptr;
  const int status = gnutls_certificate_allocate_credentials(&raw);
  if (status < 0)
    return gnutls_error("allocating credentials", status);
  parts->certificates.reset(raw);
  TRY(add_trust(raw, profile.trust));
  for (const auto& credential : profile.credentials) {
    auto own = std::make_unique<OwnCredential>(signer, credential.key_id);
    TRY(add_chain(*own, credential.chain));
    TRY(add_key(*own));
    parts->own.push_back(std::move(own));
  }
  gnutls_certificate_set_retrieve_function3(raw, retrieve_certificate);
  return std::unique_ptr<Credentials>(new Credentials(std::move(parts)));
}

} // namespace ktls::tls
