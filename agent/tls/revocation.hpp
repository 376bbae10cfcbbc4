// SPDX-License-Identifier: GPL-2.0-or-later
// What lists of revoked certificates say about one certificate, by the key of whoever issued both.
#pragma once

#include <ctime>
#include <optional>
#include <span>
#include <string>

#include "base/reason.hpp"
#include "tls/trust_store.hpp"

namespace ktls::tls {

struct Issuer {
  const ParsedCertificate& certificate;
  const PublicKey& key;
};

struct RevocationFinding {
  Reason reason = Reason::Success;
  std::string detail; // what is wrong, without whose
  std::optional<std::time_t> good_until;
};

// `issuers`: certificates with the name of its issuer, to which a chain leads: one, or in a change
// of keys several. Lists that none of them has signed, or may sign, are as good as absent.
[[nodiscard]] RevocationFinding judge_revocation(const ParsedCertificate& certificate,
                                                 std::span<const Issuer> issuers,
                                                 const TrustStore& trust,
                                                 ipc::RevocationLevel level, std::time_t now);

} // namespace ktls::tls
