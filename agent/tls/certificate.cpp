// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/certificate.hpp"

#include "tls/gnutls_error.hpp"
#include "tls/handles.hpp"

namespace ktls::tls {
namespace {

// gnutls_x509_crt_list_import2() allocates the list and every certificate in it.
class CertificateList {
public:
  CertificateList() = default;
  CertificateList(const CertificateList&) = delete;
  CertificateList& operator=(const CertificateList&) = delete;
  ~CertificateList() {
    for (unsigned i = 0; i < size; ++i)
      gnutls_x509_crt_deinit(items[i]);
    gnutls_free(items);
  }
  gnutls_x509_crt_t* items = nullptr;
  unsigned size = 0;
};

} // namespace

Result<std::vector<Der>> certificates_from_pem(std::string_view pem) {
  CertificateList list;
  const gnutls_datum_t data = view(std::as_bytes(std::span(pem)));
  const int status =
      gnutls_x509_crt_list_import2(&list.items, &list.size, &data, GNUTLS_X509_FMT_PEM, 0);
  if (status < 0)
    return gnutls_error("reading PEM certificates", status);
  std::vector<Der> out;
  for (unsigned i = 0; i < list.size; ++i) {
    Datum der;
    const int exported = gnutls_x509_crt_export2(list.items[i], GNUTLS_X509_FMT_DER, der.out());
    if (exported < 0)
      return gnutls_error("encoding a certificate", exported);
    out.emplace_back(der.bytes().begin(), der.bytes().end());
  }
  if (out.empty())
    return invalid("no certificate in it");
  return out;
}

Result<Sha256> spki_sha256(std::span<const std::byte> certificate) {
  gnutls_x509_crt_t raw = nullptr;
  int status = gnutls_x509_crt_init(&raw);
  if (status < 0)
    return gnutls_error("reading a certificate", status);
  const CertificateHandle parsed(raw);
  const gnutls_datum_t data = view(certificate);
  status = gnutls_x509_crt_import(raw, &data, GNUTLS_X509_FMT_DER);
  if (status < 0)
    return gnutls_error("reading a certificate", status);
  Sha256 digest{};
  std::size_t size = digest.size();
  status = gnutls_x509_crt_get_key_id(raw, GNUTLS_KEYID_USE_SHA256, digest.data(), &size);
  if (status < 0 || size != digest.size())
    return gnutls_error("hashing a public key", status);
  return digest;
}

} // namespace ktls::tls
