// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/credentials.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "tls/credentials_parts.hpp"
#include "tls/gnutls_error.hpp"
#include "tls/peer_verifier.hpp"

namespace ktls::tls {
namespace {

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

// ECDSA of TLS 1.3 is bound to a curve (RFC 8446, section 4.2.3).
bool fits_curve(gnutls_sign_algorithm_t algorithm, unsigned bits) {
  switch (static_cast<int>(algorithm)) {
  case GNUTLS_SIGN_ECDSA_SECP256R1_SHA256:
    return bits == 256;
  case GNUTLS_SIGN_ECDSA_SECP384R1_SHA384:
    return bits == 384;
  case GNUTLS_SIGN_ECDSA_SECP521R1_SHA512:
    return bits == 521;
  default:
    return true;
  }
}

// By the signature algorithms that the peer has named; one that named none takes what comes.
bool can_be_verified(gnutls_session_t session, const OwnCredential& own) {
  gnutls_sign_algorithm_t algorithm{};
  std::size_t index = 0;
  for (; gnutls_sign_algorithm_get_requested(session, index, &algorithm) == 0; ++index) {
    if (gnutls_sign_supports_pk_algorithm(algorithm, own.key_algorithm) != 0 &&
        fits_curve(algorithm, own.key_bits))
      return true;
  }
  return index == 0;
}

// The first that fits name and algorithms, else the first that fits the algorithms, else the first:
// what a peer cannot do with it, GnuTLS tells it.
const OwnCredential* choose(gnutls_session_t session, const Credentials::Parts& parts) {
  const auto name = HostName::parse(requested_name(session));
  const OwnCredential* any = nullptr;
  for (const auto* own : parts.own) {
    if (!can_be_verified(session, *own))
      continue;
    if (name && has_name(own->leaf.get(), *name))
      return own;
    if (any == nullptr)
      any = own;
  }
  return any != nullptr ? any : parts.own.front();
}

// Called in the handshake when this side's certificate is wanted; an empty answer declines.
int retrieve_certificate(gnutls_session_t session, const gnutls_cert_retr_st*,
                         gnutls_pcert_st** certificates, unsigned* count,
                         gnutls_ocsp_data_st** staple, unsigned* ocsp_count, gnutls_privkey_t* key,
                         unsigned* flags) {
  const auto* parts =
      static_cast<const CertificateChoice*>(gnutls_session_get_ptr(session))->presented;
  *count = 0;
  *ocsp_count = 0;
  *flags = 0; // all stays ours
  if (parts == nullptr || parts->own.empty())
    return 0;
  const auto* own = choose(session, *parts);
  *certificates = const_cast<gnutls_pcert_st*>(own->chain.data()); // GnuTLS only reads it
  *count = static_cast<unsigned>(own->chain.size());
  *key = own->key.get();
  if (!own->ocsp_response.empty()) {
    *staple = const_cast<gnutls_ocsp_data_st*>(&own->staple); // likewise
    *ocsp_count = 1;
  }
  return 0;
}

// Only for their names: whom to believe, verify_peer() knows.
Result<> add_authorities(gnutls_certificate_credentials_t to, const std::vector<ipc::Der>& trust) {
  for (const auto& anchor : trust) {
    const gnutls_datum_t data = view(anchor);
    const int added = gnutls_certificate_set_x509_trust_mem(to, &data, GNUTLS_X509_FMT_DER);
    if (added < 1)
      return gnutls_error("adding a trust anchor", added);
  }
  return {};
}

} // namespace

Credentials::Credentials(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Credentials::~Credentials() = default;

Result<std::unique_ptr<Credentials>> Credentials::create(const ipc::Profile& profile,
                                                         const Inventory& inventory) {
  auto parts = std::make_unique<Parts>();
  gnutls_certificate_credentials_t raw = nullptr;
  const int status = gnutls_certificate_allocate_credentials(&raw);
  if (status < 0)
    return gnutls_error("allocating credentials", status);
  parts->certificates.reset(raw);
  if (profile.role == ipc::HandshakeRole::ServerWithClientAuth)
    TRY(add_authorities(raw, inventory.parts().trust_of(profile).named));
  for (const auto index : profile.credentials)
    parts->own.push_back(inventory.parts().own.at(index).get());
  gnutls_certificate_set_retrieve_function3(raw, retrieve_certificate);
  return std::unique_ptr<Credentials>(new Credentials(std::move(parts)));
}

} // namespace ktls::tls
