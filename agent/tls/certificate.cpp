// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/certificate.hpp"

#include <fmt/format.h>
#include <gnutls/crypto.h>

#include "base/text.hpp"
#include "tls/certificate_import.hpp"
#include "tls/gnutls_error.hpp"
#include "tls/handles.hpp"
#include "tls/parsed_certificate.hpp"
#include "tls/signature.hpp"

namespace ktls::tls {
namespace {

// What gnutls_x509_..._list_import2() allocates: the list, and each item in it.
template<class Item, auto Free>
class List {
public:
  List() = default;
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() {
    for (unsigned i = 0; i < size; ++i)
      Free(items[i]);
    gnutls_free(items);
  }
  Item* items = nullptr;
  unsigned size = 0;
};
using CertificateList = List<gnutls_x509_crt_t, gnutls_x509_crt_deinit>;
using CrlList = List<gnutls_x509_crl_t, gnutls_x509_crl_deinit>;

Result<Der> der_of(gnutls_x509_crt_t certificate) {
  Datum der;
  const int exported = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, der.out());
  if (exported < 0)
    return gnutls_error("encoding a certificate", exported);
  return Der(der.bytes().begin(), der.bytes().end());
}

// `read`: which of its names.
Result<std::string> name_text(gnutls_x509_crt_t certificate,
                              int (*read)(gnutls_x509_crt_t, gnutls_datum_t*, unsigned),
                              std::size_t most) {
  Datum name;
  const int status = read(certificate, name.out(), 0);
  if (status < 0)
    return gnutls_error("reading a name in a certificate", status);
  const auto bytes = name.bytes();
  return escape({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, most);
}

} // namespace

Result<CertificateHandle> import_certificate(std::span<const std::byte> der) {
  gnutls_x509_crt_t raw = nullptr;
  int status = gnutls_x509_crt_init(&raw);
  if (status < 0)
    return gnutls_error("reading a certificate", status);
  CertificateHandle parsed(raw);
  const gnutls_datum_t data = view(der);
  status = gnutls_x509_crt_import(raw, &data, GNUTLS_X509_FMT_DER);
  if (status < 0)
    return gnutls_error("reading a certificate", status);
  return parsed;
}

Result<std::vector<Der>> certificates_from_pem(std::string_view pem) {
  CertificateList list;
  const gnutls_datum_t data = view(std::as_bytes(std::span(pem)));
  const int status =
      gnutls_x509_crt_list_import2(&list.items, &list.size, &data, GNUTLS_X509_FMT_PEM, 0);
  if (status < 0)
    return gnutls_error("reading PEM certificates", status);
  std::vector<Der> out;
  for (unsigned i = 0; i < list.size; ++i)
    out.push_back(TRY(der_of(list.items[i])));
  if (out.empty())
    return invalid("no certificate in it");
  return out;
}

Result<std::vector<Der>> system_trust_anchors() {
  gnutls_x509_trust_list_t raw = nullptr;
  int status = gnutls_x509_trust_list_init(&raw, 0);
  if (status < 0)
    return gnutls_error("reading the system's trust store", status);
  const TrustListHandle list(raw);
  status = gnutls_x509_trust_list_add_system_trust(raw, 0, 0);
  if (status < 0)
    return gnutls_error("reading the system's trust store", status);
  std::vector<Der> out;
  gnutls_x509_trust_list_iter_t place = nullptr;
  gnutls_x509_crt_t next = nullptr;
  while (gnutls_x509_trust_list_iter_get_ca(raw, &place, &next) == 0) {
    const CertificateHandle anchor(next);
    out.push_back(TRY(der_of(anchor.get())));
  }
  gnutls_x509_trust_list_iter_deinit(place);
  if (out.empty())
    return invalid("the system's trust store is empty");
  return out;
}

Result<std::vector<Der>> crls_from_file(std::string_view content) {
  constexpr std::string_view pem_head = "-----BEGIN X509 CRL";
  CrlList list;
  const bool pem = content.find(pem_head) != std::string_view::npos;
  const gnutls_datum_t data = view(std::as_bytes(std::span(content)));
  const int status = gnutls_x509_crl_list_import2(
      &list.items, &list.size, &data, pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER, 0);
  if (status < 0)
    return gnutls_error("reading a certificate revocation list", status);
  std::vector<Der> out;
  for (unsigned i = 0; i < list.size; ++i) {
    Datum der;
    const int exported = gnutls_x509_crl_export2(list.items[i], GNUTLS_X509_FMT_DER, der.out());
    if (exported < 0)
      return gnutls_error("encoding a certificate revocation list", exported);
    out.emplace_back(der.bytes().begin(), der.bytes().end());
  }
  if (out.empty())
    return invalid("no certificate revocation list in it");
  return out;
}

Result<CertificateFacts> facts_of(std::span<const std::byte> certificate) {
  const auto parsed = TRY(import_certificate(certificate));
  constexpr std::size_t most = 200;
  CertificateFacts out;
  out.subject = TRY(name_text(parsed.get(), gnutls_x509_crt_get_dn3, most));
  out.not_before = gnutls_x509_crt_get_activation_time(parsed.get());
  out.not_after = gnutls_x509_crt_get_expiration_time(parsed.get());
  out.issuer = TRY(name_text(parsed.get(), gnutls_x509_crt_get_issuer_dn3, most));
  unsigned bits = 0;
  const int algorithm = gnutls_x509_crt_get_pk_algorithm(parsed.get(), &bits);
  if (algorithm >= 0)
    out.key = fmt::format(
        "{}, {} bits", gnutls_pk_algorithm_get_name(static_cast<gnutls_pk_algorithm_t>(algorithm)),
        bits);
  return out;
}

Result<CertificateNames> names_of(std::span<const std::byte> certificate, std::size_t most) {
  const auto parsed = TRY(import_certificate(certificate));
  CertificateNames names;
  names.subject = TRY(name_text(parsed.get(), gnutls_x509_crt_get_dn3, most));
  names.issuer = TRY(name_text(parsed.get(), gnutls_x509_crt_get_issuer_dn3, most));
  return names;
}

bool is_self_signed(std::span<const std::byte> certificate) {
  const auto parsed = ParsedCertificate::parse(certificate);
  if (!parsed || !parsed->is_self_issued())
    return false;
  const auto key = PublicKey::import(parsed->spki);
  return key && check_signature(parsed->signed_part, *key) == SignatureStatus::Good;
}

Result<Sha256> sha256(std::span<const std::byte> bytes) {
  Sha256 digest{};
  const int status = gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes.data(), bytes.size(), digest.data());
  if (status < 0)
    return gnutls_error("hashing", status);
  return digest;
}

Result<Sha256> spki_sha256(std::span<const std::byte> certificate) {
  const auto parsed = TRY(import_certificate(certificate));
  Sha256 digest{};
  std::size_t size = digest.size();
  const int status =
      gnutls_x509_crt_get_key_id(parsed.get(), GNUTLS_KEYID_USE_SHA256, digest.data(), &size);
  if (status < 0 || size != digest.size())
    return gnutls_error("hashing a public key", status);
  return digest;
}

bool is_about(std::span<const std::byte> ocsp_response, std::span<const std::byte> certificate) {
  gnutls_ocsp_resp_t raw = nullptr;
  if (gnutls_ocsp_resp_init(&raw) < 0)
    return false;
  const OcspResponseHandle parsed(raw);
  const gnutls_datum_t data = view(ocsp_response);
  const auto subject = import_certificate(certificate);
  return subject && gnutls_ocsp_resp_import(raw, &data) == 0 &&
         gnutls_ocsp_resp_check_crt(raw, 0, subject->get()) == 0;
}

Result<std::time_t> ocsp_next_update(std::span<const std::byte> response) {
  gnutls_ocsp_resp_t raw = nullptr;
  int status = gnutls_ocsp_resp_init(&raw);
  if (status < 0)
    return gnutls_error("reading an OCSP response", status);
  const OcspResponseHandle parsed(raw);
  const gnutls_datum_t data = view(response);
  status = gnutls_ocsp_resp_import(raw, &data);
  if (status < 0)
    return gnutls_error("reading an OCSP response", status);
  unsigned judged = GNUTLS_OCSP_CERT_UNKNOWN;
  std::time_t next = -1;
  status = gnutls_ocsp_resp_get_single(raw, 0, nullptr, nullptr, nullptr, nullptr, &judged, nullptr,
                                       &next, nullptr, nullptr);
  if (status < 0)
    return gnutls_error("reading an OCSP response", status);
  if (judged != GNUTLS_OCSP_CERT_GOOD)
    return invalid("the OCSP response does not say that the certificate is good");
  if (next <= 0)
    return invalid("the OCSP response has no nextUpdate");
  return next;
}

} // namespace ktls::tls
