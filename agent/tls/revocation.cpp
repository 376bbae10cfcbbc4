// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/revocation.hpp"

#include <algorithm>

namespace ktls::tls {
namespace {

using ipc::RevocationLevel;

bool is_by_one_of(const Crl& crl, std::span<const Issuer> issuers) {
  return std::ranges::any_of(issuers, [&](const Issuer& issuer) {
    return issuer.certificate.allows(KeyUsage::CrlSign) &&
           crl.is_signed_by(issuer.certificate.spki, issuer.key);
  });
}

} // namespace

RevocationFinding judge_revocation(const ParsedCertificate& certificate,
                                   std::span<const Issuer> issuers, const TrustStore& trust,
                                   RevocationLevel level, std::time_t now) {
  if (level == RevocationLevel::None)
    return {};
  RevocationReasons covered = 0;
  RevocationReasons stale = 0;
  std::optional<std::time_t> good_until;
  for (const auto* crl : trust.crls_of(certificate.issuer)) {
    if (!is_by_one_of(*crl, issuers))
      continue;
    if (crl->names(certificate))
      return {Reason::CertificateRevoked, "is on its issuer's list of revoked ones", {}};
    const auto reasons = crl->covers(certificate);
    if (!crl->is_current(now)) {
      stale |= reasons;
    } else if (reasons != 0) {
      covered |= reasons;
      good_until = std::min(good_until.value_or(crl->good_until()), crl->good_until());
    }
  }
  if (covered == all_revocation_reasons || level == RevocationLevel::Low)
    return {Reason::Success, {}, good_until};
  if ((stale & ~covered) != 0)
    return {Reason::CrlStale, "its issuer's list of revoked certificates is out of date", {}};
  if (level == RevocationLevel::High)
    return {Reason::CrlMissing, "there is no list of revoked certificates by its issuer", {}};
  return {Reason::Success, {}, good_until};
}

} // namespace ktls::tls
