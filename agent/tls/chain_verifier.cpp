// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/chain_verifier.hpp"

#include "base/text.hpp"
#include "tls/certificate_import.hpp"
#include "tls/chain_builder.hpp"
#include "tls/name_match.hpp"
#include "tls/ocsp_staple.hpp"

namespace ktls::tls {
namespace {

using ipc::Proof;

using ReadName = int (*)(gnutls_x509_crt_t, gnutls_datum_t*, unsigned);

std::string name_of(gnutls_x509_crt_t certificate, ReadName read) {
  Datum text;
  if (read(certificate, text.out(), 0) < 0)
    return "(unreadable name)";
  return escape(text_of(text.bytes()), 1000);
}

// One verification, from the cheapest part to the dearest.
class Verification {
public:
  explicit Verification(const ChainRequest& request) : request_(request) {}

  Verdict judge() {
    verdict_.reason = find_reason();
    verdict_.authenticated =
        verdict_.reason == Reason::Success && request_.verification.proof != Proof::Nothing;
    return std::move(verdict_);
  }

private:
  Reason refuse(Reason reason, std::string detail) {
    verdict_.detail = std::move(detail);
    return reason;
  }
  Reason find_reason();
  Reason judge_pin(const ParsedCertificate& leaf);
  Reason judge_chain(const ParsedCertificate& leaf);
  Reason judge_staple(const ParsedCertificate& leaf, const Issuer& issuer, const Rules& rules);
  Reason judge_name(gnutls_x509_crt_t leaf);

  const ChainRequest& request_;
  Verdict verdict_;
};

Reason Verification::find_reason() {
  if (request_.chain.empty())
    return Reason::CertificateMissing;
  // two readers must agree that it is one
  const auto imported = import_certificate(request_.chain.front());
  const auto leaf = ParsedCertificate::parse(request_.chain.front());
  if (imported) {
    verdict_.subject = name_of(imported->get(), gnutls_x509_crt_get_dn3);
    verdict_.issuer = name_of(imported->get(), gnutls_x509_crt_get_issuer_dn3);
  }
  if (!imported || !leaf)
    return refuse(Reason::CertificateInvalid,
                  leaf ? "the certificate cannot be read" : "the certificate " + leaf.error());
  if (request_.verification.proof == Proof::Nothing)
    return judge_pin(*leaf);
  if (const auto reason = judge_chain(*leaf); reason != Reason::Success)
    return reason;
  const bool by_name = request_.verification.proof == Proof::Name;
  return by_name && request_.judged == Judged::Server ? judge_name(imported->get())
                                                      : Reason::Success;
}

Reason Verification::judge_pin(const ParsedCertificate& leaf) {
  const auto& pins = request_.verification.pins;
  ipc::SpkiHash hash{};
  if (pins.empty() || (hash_spki(leaf.spki, hash) && std::ranges::count(pins, hash) != 0))
    return Reason::Success;
  return refuse(Reason::CertificatePinMismatch, "its key is not one of the pinned ones");
}

Reason Verification::judge_chain(const ParsedCertificate& leaf) {
  const auto& demands = request_.verification;
  const Rules rules{request_.now,
                    request_.judged == Judged::Server ? key_purpose::server_auth
                                                      : key_purpose::client_auth,
                    demands.min_rsa_bits, demands.min_ec_bits};
  const bool anchor =
      request_.trust.find(leaf) != nullptr && (leaf.is_root() || demands.trust_intermediates);
  const auto refuse_leaf = [&](const Flaw& flaw) {
    return refuse(flaw.reason, label(leaf) + ": it " + flaw.what);
  };
  if (const auto flaw = judge_leaf(leaf, anchor, rules))
    return refuse_leaf(*flaw);
  const auto key = PublicKey::import(leaf.spki);
  if (!key)
    return refuse_leaf({Reason::CertificateInvalid, key.error()});
  if (const auto flaw = judge_key(*key, rules))
    return refuse_leaf(*flaw);
  ChainBuilder builder(request_, rules, {&leaf, &*key, anchor});
  if (!builder.build())
    return refuse(builder.failure().reason, builder.failure().detail);
  verdict_.expires = builder.good_until();
  if (!hash_spki(builder.chain().back().certificate->spki, verdict_.anchor_spki))
    return refuse(Reason::InternalError, "the key of its anchor cannot be hashed");
  const auto& issuer = builder.chain()[builder.chain().size() > 1 ? 1 : 0];
  return judge_staple(leaf, {*issuer.certificate, *issuer.key}, rules);
}

Reason Verification::judge_staple(const ParsedCertificate& leaf, const Issuer& issuer,
                                  const Rules& rules) {
  if (request_.judged == Judged::Client)
    return Reason::Success;
  if (!request_.staple) {
    if (!request_.verification.require_ocsp_staple && !leaf.must_staple)
      return Reason::Success;
    return refuse(Reason::OcspStapleMissing, label(leaf) + ": it came without an OCSP response");
  }
  const auto found = tls::judge_staple(*request_.staple, leaf, issuer, rules);
  if (found.reason != Reason::Success)
    return refuse(found.reason, label(leaf) + ": " + found.detail);
  verdict_.expires = std::min(verdict_.expires, *found.good_until);
  return Reason::Success;
}

Reason Verification::judge_name(gnutls_x509_crt_t leaf) {
  if (request_.name && has_name(leaf, *request_.name))
    return Reason::Success;
  return refuse(Reason::CertificateWrongName,
                "asked for " + (request_.name ? request_.name->text() : "nothing"));
}

} // namespace

Verdict verify_chain(const ChainRequest& request) {
  return Verification(request).judge();
}

} // namespace ktls::tls
