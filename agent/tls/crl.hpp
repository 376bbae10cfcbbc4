// SPDX-License-Identifier: GPL-2.0-or-later
// Crl: a list of revoked certificates (RFC 5280, section 5).
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "ipc/verification.hpp"
#include "tls/signature.hpp"

namespace ktls::tls {

class Crl {
public:
  // Unexpected: why it cannot be read.
  static tl::expected<Crl, std::string> parse(ipc::Der der);

  [[nodiscard]] const DistinguishedName& issuer() const { return issuer_; }
  // Under that key, which the certificate of its issuer has. Remembers the last answers: a long
  // list takes longer to hash than a handshake.
  [[nodiscard]] bool is_signed_by(Bytes spki, const PublicKey& key) const;
  // Also where the list is stale, or does not cover it.
  [[nodiscard]] bool names(const ParsedCertificate& certificate) const;
  // That it is not named means that it is not revoked for these reasons. None for a list of another
  // part of its issuer's certificates, a delta, a list for several issuers, and one with critical
  // extensions that are unknown.
  [[nodiscard]] RevocationReasons covers(const ParsedCertificate& certificate) const;
  // A list that does not say when the next one comes never is.
  [[nodiscard]] bool is_current(std::time_t now) const {
    return this_update_ <= now && next_update_ && now < *next_update_;
  }
  [[nodiscard]] std::time_t good_until() const { return next_update_.value_or(0); }

private:
  enum class Scope { All, EndEntities, Authorities, None };
  struct SignatureMemory {
    std::vector<std::byte> spki;
    bool good = false;
  };
  bool read(Bytes content);
  bool read_entries(Bytes content);
  bool read_extensions(Bytes content);
  bool read_distribution_point(Bytes value);

  ipc::Der der_; // all views are into it
  Signed signed_part_;
  DistinguishedName issuer_;
  std::time_t this_update_ = 0;
  std::optional<std::time_t> next_update_;
  std::vector<std::string_view> serials_; // sorted
  Scope scope_ = Scope::All;
  bool for_several_issuers_ = false;
  RevocationReasons reasons_ = all_revocation_reasons;
  std::optional<PointNames> distribution_point_;
  mutable std::vector<SignatureMemory> memory_; // the last few
};

} // namespace ktls::tls
