// SPDX-License-Identifier: GPL-2.0-or-later
// What lists of revoked certificates say about one certificate, by the key of whoever issued both.
#pragma once

#include <ctime>
#include <optional>
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

// `issuer` has issued `certificate`, and a chain leads to it. Lists that it did not sign, or may
// not sign, are as good as absent.
[[nodiscard]] RevocationFinding judge_revocation(const ParsedCertificate& certificate,
                                                 const Issuer& issuer, const TrustStore& trust,
                                                 ipc::RevocationLevel level, std::time_t now);

} // namespace ktls::tls
