// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/trust_store.hpp"

#include <fmt/format.h>

namespace ktls::tls {

Result<> TrustStore::add_anchor(const ipc::Der& der) {
  auto anchor = std::make_unique<Anchor>();
  anchor->der = der;
  auto certificate = ParsedCertificate::parse(anchor->der);
  if (!certificate)
    return invalid(fmt::format("trust anchor {} {}", anchors_.size() + 1, certificate.error()));
  anchor->certificate = *std::move(certificate);
  auto key = PublicKey::import(anchor->certificate.spki);
  if (!key)
    return {};
  anchor->key = *std::move(key);
  by_subject_[anchor->certificate.subject.key()].push_back(anchor.get());
  anchors_.push_back(std::move(anchor));
  return {};
}

Result<> TrustStore::add_crl(const ipc::Der& der) {
  auto crl = Crl::parse(der);
  if (!crl)
    return invalid(
        fmt::format("list {} of revoked certificates: {}", crls_.size() + 1, crl.error()));
  auto& kept = crls_.emplace_back(std::make_unique<const Crl>(*std::move(crl)));
  by_issuer_[kept->issuer().key()].push_back(kept.get());
  return {};
}

Result<std::shared_ptr<const TrustStore>> TrustStore::create(const ipc::TrustStore& store) {
  auto made = std::make_shared<TrustStore>();
  for (const auto& anchor : store.anchors)
    TRY(made->add_anchor(anchor));
  for (const auto& crl : store.crls)
    TRY(made->add_crl(crl));
  return std::shared_ptr<const TrustStore>(std::move(made));
}

const TrustStore::Anchors& TrustStore::anchors_named(const DistinguishedName& subject) const {
  static const Anchors none;
  const auto found = by_subject_.find(subject.key());
  return found == by_subject_.end() ? none : found->second;
}

const TrustStore::Crls& TrustStore::crls_of(const DistinguishedName& issuer) const {
  static const Crls none;
  const auto found = by_issuer_.find(issuer.key());
  return found == by_issuer_.end() ? none : found->second;
}

const TrustStore::Anchor* TrustStore::find(const ParsedCertificate& certificate) const {
  for (const auto* anchor : anchors_named(certificate.subject)) {
    if (same(anchor->der, certificate.der))
      return anchor;
  }
  return nullptr;
}

} // namespace ktls::tls
