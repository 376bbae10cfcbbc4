// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/chain_builder.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "tls/revocation.hpp"

namespace ktls::tls {

std::string label(const ParsedCertificate& certificate) {
  const gnutls_datum_t name = view(certificate.subject_der);
  Datum text;
  if (gnutls_x509_rdn_get2(&name, text.out(), 0) < 0 || text.bytes().empty())
    return "a certificate without a subject";
  return escape(text_of(text.bytes()), 200);
}

ChainBuilder::ChainBuilder(const ChainRequest& request, const Rules& rules, Link leaf)
    : request_(request), rules_(rules), chain_{leaf} {
  for (std::size_t i = 1; i < request.chain.size(); ++i) {
    // one that cannot be read is in no chain
    if (auto read = ParsedCertificate::parse(request.chain[i]))
      presented_.push_back({*std::move(read), std::nullopt});
  }
}

bool ChainBuilder::fail(Reason reason, std::string detail) {
  const bool first = failure_.detail.empty();
  if (!stopped_ && (first || (failure_.reason == Reason::CertificateUntrusted &&
                              reason != Reason::CertificateUntrusted)))
    failure_ = {reason, std::move(detail)};
  return false;
}

bool ChainBuilder::stop(Reason reason, std::string detail) {
  if (!stopped_)
    failure_ = {reason, std::move(detail)};
  stopped_ = true;
  return false;
}

bool ChainBuilder::build() {
  return chain_.front().ends ? is_complete() : extend();
}

bool ChainBuilder::extend() {
  const auto& child = *chain_.back().certificate;
  const auto issuers = issuers_of(child);
  if (issuers.empty())
    return fail(Reason::CertificateUntrusted, label(child) + ": its issuer is unknown");
  for (const auto& issuer : issuers) {
    if (++tried_ > max_issuers_tried)
      return stop(Reason::CertificateLimit, "too many certificates could be issuers");
    if (!fits(issuer)) {
      if (stopped_)
        return false;
      continue;
    }
    chain_.push_back(issuer);
    if (issuer.ends ? is_complete() : extend())
      return true;
    chain_.pop_back();
    if (stopped_)
      return false;
  }
  return false;
}

// Anchors first, and of each kind those whose key identifiers match.
std::vector<ChainBuilder::Link> ChainBuilder::issuers_of(const ParsedCertificate& child) {
  std::vector<Link> found;
  for (const auto* anchor : request_.trust.anchors_named(child.issuer)) {
    const bool ends = anchor->certificate.is_root() || request_.verification.trust_intermediates;
    if (!contains(anchor->certificate))
      found.push_back({&anchor->certificate, &anchor->key, ends});
  }
  for (auto& each : presented_) {
    if (!(each.certificate.subject == child.issuer) || contains(each.certificate) ||
        request_.trust.find(each.certificate) != nullptr)
      continue;
    if (!each.key) {
      auto key = PublicKey::import(each.certificate.spki);
      if (!key) {
        (void)fail(Reason::CertificateInvalid, label(each.certificate) + ": " + key.error());
        continue;
      }
      each.key = *std::move(key);
    }
    found.push_back({&each.certificate, &*each.key, false});
  }
  std::stable_partition(found.begin(), found.end(), [&](const Link& link) {
    const auto id = link.certificate->subject_key_id;
    return child.authority_key_id.empty() || id.empty() || same(id, child.authority_key_id);
  });
  std::stable_partition(found.begin(), found.end(), [](const Link& link) { return link.ends; });
  return found;
}

// The same authority with the same key again would lead in a circle.
bool ChainBuilder::contains(const ParsedCertificate& certificate) const {
  return std::ranges::any_of(chain_, [&](const Link& link) {
    return same(link.certificate->spki, certificate.spki) &&
           link.certificate->subject == certificate.subject;
  });
}

std::size_t ChainBuilder::authorities() const {
  return static_cast<std::size_t>(
      std::count_if(chain_.begin() + 1, chain_.end(),
                    [](const Link& link) { return !link.certificate->is_self_issued(); }));
}

// From the cheapest check to the dearest.
bool ChainBuilder::fits(const Link& issuer) {
  const auto& certificate = *issuer.certificate;
  const auto refuse = [&](const Flaw& flaw) {
    return fail(flaw.reason, label(certificate) + ": it " + flaw.what);
  };
  const std::size_t below = authorities();
  if (chain_.size() >= max_chain_length ||
      (!issuer.ends && !certificate.is_self_issued() && below >= request_.max_intermediates))
    return fail(Reason::CertificateLimit, "the chain to a trust anchor is too long");
  if (const auto flaw = judge_issuer(certificate, issuer.ends, below, rules_))
    return refuse(*flaw);
  if (const auto flaw = judge_key(*issuer.key, rules_))
    return refuse(*flaw);
  if (const auto flaw = judge_names(certificate))
    return refuse(*flaw);
  return has_signed(issuer, *chain_.back().certificate);
}

Judgement ChainBuilder::judge_names(const ParsedCertificate& issuer) {
  if (!issuer.name_constraints)
    return std::nullopt;
  for (const auto& link : chain_) {
    const auto& below = *link.certificate;
    // RFC 5280, section 6.1.4: not for self-issued ones, but for the last
    if (&link != &chain_.front() && below.is_self_issued())
      continue;
    const auto broken =
        issuer.name_constraints->broken_by(below.subject, below.alternative_names, comparisons_);
    if (!broken.empty())
      return Flaw{Reason::CertificateConstraint,
                  "constrains the names of " + label(below) + ": " + broken};
  }
  return std::nullopt;
}

bool ChainBuilder::has_signed(const Link& issuer, const ParsedCertificate& child) {
  const auto status = signature_status(issuer, child);
  if (!status)
    return stop(Reason::CertificateLimit, "too many signatures would have to be checked");
  switch (*status) {
  case SignatureStatus::Good:
    return true;
  case SignatureStatus::Weak:
    return fail(Reason::CertificateInvalid,
                label(child) + ": it is signed with a weak or unknown algorithm");
  case SignatureStatus::Bad:
    break;
  }
  return fail(Reason::CertificateInvalid,
              label(child) + ": its signature is not by the key of " + label(*issuer.certificate));
}

// None: there have been too many.
std::optional<SignatureStatus> ChainBuilder::signature_status(const Link& issuer,
                                                              const ParsedCertificate& child) {
  for (const auto& check : checks_) {
    if (check.child == &child && same(check.issuer_spki, issuer.certificate->spki))
      return check.status;
  }
  if (checks_.size() >= max_signature_checks)
    return std::nullopt;
  const auto status = check_signature(child.signed_part, *issuer.key);
  checks_.push_back({&child, issuer.certificate->spki, status});
  return status;
}

bool ChainBuilder::is_pinned() const {
  const auto& pins = request_.verification.pins;
  return pins.empty() || std::ranges::any_of(chain_, [&](const Link& link) {
           ipc::SpkiHash hash{};
           return hash_spki(link.certificate->spki, hash) && std::ranges::count(pins, hash) != 0;
         });
}

// RFC 5280, section 6.1: explicit_policy, which counts down, reaches zero. Below the anchor.
bool ChainBuilder::demands_policy() const {
  auto left = std::numeric_limits<std::uint32_t>::max();
  for (auto link = chain_.rbegin() + 1; link < chain_.rend(); ++link) {
    const auto& certificate = *link->certificate;
    const bool last = link + 1 == chain_.rend();
    if (left != 0 && (last || !certificate.is_self_issued()))
      --left;
    left = std::min(left, certificate.explicit_policy_after.value_or(left));
  }
  return left == 0;
}

// Those above a place in the chain that have this name.
std::vector<Issuer> ChainBuilder::named_above(std::size_t place,
                                              const DistinguishedName& name) const {
  std::vector<Issuer> found;
  for (std::size_t i = place + 1; i < chain_.size(); ++i) {
    if (chain_[i].certificate->subject == name)
      found.push_back({*chain_[i].certificate, *chain_[i].key});
  }
  return found;
}

// An authority may sign its lists with another key, for which one above in the chain gave it a
// certificate (RFC 5280, section 6.3.3 f).
bool ChainBuilder::signs_lists(std::size_t place, const Link& other) {
  const auto& certificate = *other.certificate;
  if (!certificate.key_usage || !certificate.allows(KeyUsage::CrlSign) ||
      judge_itself(certificate, false, rules_) || judge_key(*other.key, rules_))
    return false;
  const auto issuers = named_above(place, certificate.issuer);
  const bool issued = std::ranges::any_of(issuers, [&](const Issuer& issuer) {
    return issuer.certificate.allows(KeyUsage::KeyCertSign) &&
           signature_status({&issuer.certificate, &issuer.key, false}, certificate) ==
               SignatureStatus::Good;
  });
  return issued && judge_revocation(certificate, issuers, request_.trust,
                                    request_.verification.revocation, rules_.now)
                           .reason == Reason::Success;
}

bool ChainBuilder::judge_revocation_of(std::size_t place) {
  const auto& certificate = *chain_[place].certificate;
  auto issuers = named_above(place, certificate.issuer);
  if (!request_.trust.crls_of(certificate.issuer).empty()) {
    for (const auto& other : issuers_of(certificate)) {
      if (signs_lists(place, other))
        issuers.push_back({*other.certificate, *other.key});
    }
  }
  const auto found = judge_revocation(certificate, issuers, request_.trust,
                                      request_.verification.revocation, rules_.now);
  if (found.reason == Reason::CertificateRevoked)
    return stop(found.reason, label(certificate) + ": it " + found.detail);
  if (found.reason != Reason::Success)
    return fail(found.reason, label(certificate) + ": " + found.detail);
  good_until_ = std::min(good_until_, found.good_until.value_or(good_until_));
  return true;
}

bool ChainBuilder::judge_revocations() {
  if (request_.verification.revocation == ipc::RevocationLevel::None)
    return true;
  for (std::size_t i = 0; i + 1 < chain_.size(); ++i) {
    if (!judge_revocation_of(i))
      return false;
  }
  return true;
}

bool ChainBuilder::is_complete() {
  good_until_ = std::numeric_limits<std::time_t>::max();
  for (const auto& link : chain_)
    good_until_ = std::min(good_until_, link.certificate->not_after);
  if (demands_policy())
    return fail(Reason::CertificateConstraint,
                "an authority demands a certificate policy, which is not supported");
  if (!is_pinned())
    return fail(Reason::CertificatePinMismatch, "no key of the chain is one of the pinned ones");
  return judge_revocations();
}

} // namespace ktls::tls
