// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/peer_verifier.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.hpp"
#include "tls/chain_verifier.hpp"
#include "tls/handles.hpp"

namespace ktls::tls {
namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;

struct StatusRow {
  unsigned bit;
  Reason reason;
};
// The first row that applies names the failure; any other bit is CertificateInvalid.
constexpr std::array<StatusRow, 8> status_table{{
    {GNUTLS_CERT_SIGNATURE_FAILURE, Reason::CertificateInvalid},
    {GNUTLS_CERT_SIGNER_NOT_FOUND, Reason::CertificateUntrusted},
    {GNUTLS_CERT_SIGNER_NOT_CA, Reason::CertificateUntrusted},
    {GNUTLS_CERT_REVOKED, Reason::CertificateRevoked},
    {GNUTLS_CERT_PURPOSE_MISMATCH, Reason::CertificateWrongPurpose},
    {GNUTLS_CERT_EXPIRED, Reason::CertificateExpired},
    {GNUTLS_CERT_NOT_ACTIVATED, Reason::CertificateNotYetValid},
    {GNUTLS_CERT_INSECURE_ALGORITHM, Reason::CertificateInvalid},
}};

Reason reason_of(unsigned status) {
  for (const auto& row : status_table) {
    if ((status & row.bit) != 0)
      return row.reason;
  }
  return Reason::CertificateInvalid;
}

std::string describe(unsigned status) {
  Datum text;
  if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, text.out(), 0) < 0)
    return {};
  const auto bytes = text.bytes();
  std::string_view printed(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  printed.remove_suffix(printed.size() - (printed.find_last_not_of(" \n") + 1));
  return escape(printed, 400);
}

std::string subject_of(gnutls_x509_crt_t certificate) {
  Datum text;
  if (gnutls_x509_crt_get_dn3(certificate, text.out(), 0) < 0)
    return "(unreadable subject)";
  const auto bytes = text.bytes();
  return escape({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, 1000);
}

CertificateHandle import(const gnutls_datum_t& der) {
  gnutls_x509_crt_t certificate = nullptr;
  if (gnutls_x509_crt_init(&certificate) < 0)
    return {};
  CertificateHandle owned(certificate);
  if (gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER) < 0)
    return {};
  return owned;
}

// Of those that were presented; 0, long ago, where one cannot be read.
std::time_t first_expiry(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
  std::time_t first = std::numeric_limits<std::time_t>::max();
  for (unsigned i = 0; i < count; ++i) {
    const auto certificate = import(chain[i]);
    const std::time_t its =
        certificate ? gnutls_x509_crt_get_expiration_time(certificate.get()) : -1;
    first = std::min(first, std::max<std::time_t>(its, 0));
  }
  return first;
}

CertificateHandle leaf_of(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
  return chain == nullptr || count == 0 ? CertificateHandle{} : import(*chain);
}

} // namespace

Verdict verify_peer(gnutls_session_int* session, HandshakeRole own_role,
                    ClientAuthType client_auth_type, const std::optional<HostName>& server_name) {
  Verdict verdict;
  const bool client = own_role == HandshakeRole::Client;
  unsigned count = 0;
  if (gnutls_certificate_get_peers(session, &count) == nullptr || count == 0) {
    const bool optional = !client && client_auth_type == ClientAuthType::Full;
    verdict.reason = optional ? Reason::Success : Reason::CertificateMissing;
    return verdict;
  }
  const auto leaf = leaf_of(session);
  if (!leaf) {
    verdict.reason = Reason::CertificateInvalid;
    return verdict;
  }
  verdict.subject = subject_of(leaf.get());

  const char* purpose = client ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_typed_vdata_st wanted{};
  wanted.type = GNUTLS_DT_KEY_PURPOSE_OID;
  wanted.data = reinterpret_cast<unsigned char*>(const_cast<char*>(purpose));
  unsigned status = 0;
  if (gnutls_certificate_verify_peers(session, &wanted, 1, &status) < 0) {
    verdict.reason = Reason::CertificateInvalid;
    return verdict;
  }
  if (status != 0) {
    verdict.reason = reason_of(status);
    verdict.detail = describe(status);
    return verdict;
  }
  if (client && (!server_name || !has_name(leaf.get(), *server_name))) {
    verdict.reason = Reason::CertificateWrongName;
    verdict.detail = "asked for " + (server_name ? server_name->text() : "nothing");
    return verdict;
  }
  verdict.reason = Reason::Success;
  verdict.authenticated = true;
  verdict.expires = first_expiry(session);
  return verdict;
}

Verdict verify_peer(gnutls_session_int* session, const PeerDemands& demands) {
  const bool client = demands.own_role == HandshakeRole::Client;
  const bool pass_through = !client && demands.client_auth_type == ClientAuthType::PassThru;
  unsigned count = 0;
  const gnutls_datum_t* presented = gnutls_certificate_get_peers(session, &count);
  if (presented == nullptr || count == 0) {
    const bool optional =
        pass_through || (!client && demands.client_auth_type == ClientAuthType::Full);
    Verdict verdict;
    verdict.reason = optional ? Reason::Success : Reason::CertificateMissing;
    return verdict;
  }
  PresentedChain chain;
  for (unsigned i = 0; i < count; ++i)
    chain.push_back(std::as_bytes(std::span(presented[i].data, presented[i].size)));
  auto verification = demands.verification;
  if (pass_through)
    verification.proof = ipc::Proof::Nothing;
  ChainRequest request{chain, demands.trust, verification};
  request.judged = client ? Judged::Server : Judged::Client;
  request.name = demands.server_name;
  request.now = demands.now;
  gnutls_datum_t staple{};
  if (client && gnutls_ocsp_status_request_get(session, &staple) == 0)
    request.staple = std::as_bytes(std::span(staple.data, staple.size));
  return verify_chain(request);
}

} // namespace ktls::tls
