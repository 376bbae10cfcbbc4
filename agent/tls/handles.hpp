// SPDX-License-Identifier: GPL-2.0-or-later
// Owners of GnuTLS's objects, and conversions to its data type.
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/ocsp.h>
#include <gnutls/x509.h>

#include <cstddef>
#include <span>
#include <type_traits>

#include "base/handle.hpp"

namespace ktls::tls {

template<class T, auto Free>
using GnutlsHandle = Handle<std::remove_pointer_t<T>, Free>;

// With the certificates and lists in it.
inline void free_trust_list(gnutls_x509_trust_list_t list) {
  gnutls_x509_trust_list_deinit(list, 1);
}

using SessionHandle = GnutlsHandle<gnutls_session_t, gnutls_deinit>;
using CertificateHandle = GnutlsHandle<gnutls_x509_crt_t, gnutls_x509_crt_deinit>;
using PublicKeyHandle = GnutlsHandle<gnutls_pubkey_t, gnutls_pubkey_deinit>;
using PrivateKeyHandle = GnutlsHandle<gnutls_privkey_t, gnutls_privkey_deinit>;
using CredentialsHandle =
    GnutlsHandle<gnutls_certificate_credentials_t, gnutls_certificate_free_credentials>;
using PriorityHandle = GnutlsHandle<gnutls_priority_t, gnutls_priority_deinit>;
using TrustListHandle = GnutlsHandle<gnutls_x509_trust_list_t, free_trust_list>;
using OcspResponseHandle = GnutlsHandle<gnutls_ocsp_resp_t, gnutls_ocsp_resp_deinit>;

// Bytes that GnuTLS allocated.
class Datum {
public:
  Datum() = default;
  Datum(const Datum&) = delete;
  Datum& operator=(const Datum&) = delete;
  ~Datum() { gnutls_free(datum_.data); }
  gnutls_datum_t* out() { return &datum_; }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return std::as_bytes(std::span(datum_.data, datum_.size));
  }

private:
  gnutls_datum_t datum_{};
};

// A view for GnuTLS, which does not write through it.
inline gnutls_datum_t view(std::span<const std::byte> bytes) {
  return {reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data())),
          static_cast<unsigned>(bytes.size())};
}

} // namespace ktls::tls
