// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/revocation.hpp"

#include <algorithm>

namespace ktls::tls {

using ipc::RevocationLevel;

RevocationFinding judge_revocation(const ParsedCertificate& certificate, const Issuer& issuer,
                                   const TrustStore& trust, RevocationLevel level,
                                   std::time_t now) {
  if (level == RevocationLevel::None)
    return {};
  bool stale = false;
  std::optional<std::time_t> good_until;
  for (const auto* crl : trust.crls_of(certificate.issuer)) {
    if (!issuer.certificate.allows(KeyUsage::CrlSign) ||
        !crl->is_signed_by(issuer.certificate.spki, issuer.key))
      continue;
    if (crl->names(certificate))
      return {Reason::CertificateRevoked, "is on its issuer's list of revoked ones", {}};
    if (!crl->covers(certificate))
      continue;
    if (crl->is_current(now))
      good_until = std::max(good_until.value_or(0), crl->good_until());
    else
      stale = true;
  }
  if (good_until)
    return {Reason::Success, {}, good_until};
  if (stale && level >= RevocationLevel::Medium)
    return {Reason::CrlStale, "its issuer's list of revoked certificates is out of date", {}};
  if (!stale && level == RevocationLevel::High)
    return {Reason::CrlMissing, "there is no list of revoked certificates by its issuer", {}};
  return {};
}

} // namespace ktls::tls
