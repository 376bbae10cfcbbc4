// SPDX-License-Identifier: GPL-2.0-or-later
// Pre-shared keys in a session.
#include <fmt/format.h>

#include <cstring>

#include "tls/gnutls_error.hpp"
#include "tls/library.hpp"
#include "tls/session_parts.hpp"

namespace ktls::tls {
namespace {

// Freed, and wiped, by GnuTLS.
int copy(std::span<const std::byte> bytes, gnutls_datum_t* to) {
  to->data = static_cast<unsigned char*>(gnutls_malloc(bytes.size()));
  if (to->data == nullptr)
    return GNUTLS_E_MEMORY_ERROR;
  std::memcpy(to->data, bytes.data(), bytes.size());
  to->size = static_cast<unsigned>(bytes.size());
  return 0;
}

bool lacks_hash(std::string_view identity) {
  return psk_hash(identity) == PskHash::WithSha384 && !can_use_psk_with_sha384();
}

std::string no_sha384() {
  return fmt::format("GnuTLS {} has no pre-shared keys with SHA-384", library_version());
}

} // namespace

Result<> Session::Parts::set_up_psk() {
  if (parameters.psk == nullptr)
    return invalid("a handshake with a pre-shared key needs somebody to ask for it");
  if (client())
    return {}; // when the key is known, and with it its hash
  gnutls_psk_server_credentials_t raw = nullptr;
  // unknown: that of the peer's binder, which judge_completion() compares with the identity's
  int status = can_use_psk_with_sha384()
                   ? gnutls_psk_allocate_server_credentials2(&raw, GNUTLS_MAC_UNKNOWN)
                   : gnutls_psk_allocate_server_credentials(&raw);
  if (status < 0)
    return gnutls_error("allocating credentials", status);
  psk_server.reset(raw);
  gnutls_psk_set_server_credentials_function2(raw, [](gnutls_session_t its,
                                                      const gnutls_datum_t* identity,
                                                      gnutls_datum_t* key) {
    return of(its).find_psk({reinterpret_cast<const char*>(identity->data), identity->size}, key);
  });
  status = gnutls_credentials_set(session.get(), GNUTLS_CRD_PSK, raw);
  if (status < 0)
    return gnutls_error("setting the credentials", status);
  return {};
}

int Session::Parts::find_psk(std::string_view identity, gnutls_datum_t* key) {
  if (identity.empty() || identity.size() > max_psk_identity ||
      identity.find('\0') != std::string_view::npos)
    return refuse(Reason::PskUnknown);
  if (lacks_hash(identity))
    return refuse(Reason::PskMissing, no_sha384());
  // GnuTLS asks again for each hash, and behind a HelloRetryRequest
  if (!psk || psk->identity != identity) {
    if (++psk_lookups > max_psk_lookups)
      return refuse(Reason::PskUnknown);
    auto found = parameters.psk->find(identity);
    if (!found)
      return refuse(Reason::PskUnknown, found.error().message());
    psk = std::move(*found);
  }
  return copy(psk->key.bytes(), key);
}

bool Session::Parts::uses_hash_of(std::string_view identity) const {
  const bool sha384 = psk_hash(identity) == PskHash::WithSha384;
  return gnutls_prf_hash_get(session.get()) == (sha384 ? GNUTLS_DIG_SHA384 : GNUTLS_DIG_SHA256);
}

bool Session::Parts::load_own_psk() {
  auto found = parameters.psk->find({});
  if (aborted) {
    fail(*aborted, {}, 0);
    return false;
  }
  if (!found) {
    fail(Reason::PskMissing, found.error().message(), 0);
    return false;
  }
  const bool sha384 = psk_hash(found->identity) == PskHash::WithSha384;
  if (lacks_hash(found->identity)) {
    fail(Reason::PskMissing, no_sha384(), 0);
    return false;
  }
  gnutls_psk_client_credentials_t raw = nullptr;
  int status = sha384 ? gnutls_psk_allocate_client_credentials2(&raw, GNUTLS_MAC_SHA384)
                      : gnutls_psk_allocate_client_credentials(&raw);
  if (status >= 0) {
    psk_client.reset(raw);
    const gnutls_datum_t identity = view(std::as_bytes(std::span(found->identity)));
    const gnutls_datum_t key = view(found->key.bytes());
    status = gnutls_psk_set_client_credentials2(raw, &identity, &key, GNUTLS_PSK_KEY_RAW);
  }
  if (status >= 0)
    status = gnutls_credentials_set(session.get(), GNUTLS_CRD_PSK, raw);
  if (status < 0) {
    fail(Reason::InternalError, gnutls_strerror(status), 0);
    return false;
  }
  psk = std::move(*found);
  return true;
}

} // namespace ktls::tls
