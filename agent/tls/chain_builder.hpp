// SPDX-License-Identifier: GPL-2.0-or-later
// ChainBuilder: finds a chain from a peer's certificate to a trust anchor that keeps all rules,
// among the certificates that were presented and those of the store.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "tls/certificate_checks.hpp"
#include "tls/chain_verifier.hpp"
#include "tls/revocation.hpp"

namespace ktls::tls {

// "CN=someone", escaped, or something in its place.
[[nodiscard]] std::string label(const ParsedCertificate& certificate);

class ChainBuilder {
public:
  struct Link {
    const ParsedCertificate* certificate;
    const PublicKey* key;
    bool ends; // an anchor at which a chain may end
  };
  struct Failure {
    Reason reason;
    std::string detail;
  };

  // `request` must outlive it; `leaf` is the first of the chain, and has been judged itself.
  ChainBuilder(const ChainRequest& request, const Rules& rules, Link leaf);

  // False: failure() says why.
  [[nodiscard]] bool build();
  // The peer's own first, the anchor last, which may be the same.
  [[nodiscard]] const std::vector<Link>& chain() const { return chain_; }
  // Up to which time all that it rests on is good.
  [[nodiscard]] std::time_t good_until() const { return good_until_; }
  [[nodiscard]] const Failure& failure() const { return failure_; }

private:
  struct Presented {
    ParsedCertificate certificate;
    std::optional<PublicKey> key; // when it has been wanted
  };
  struct Check {
    const ParsedCertificate* child;
    Bytes issuer_spki;
    SignatureStatus status;
  };

  bool extend();
  std::vector<Link> issuers_of(const ParsedCertificate& child);
  bool fits(const Link& issuer);
  bool has_signed(const Link& issuer, const ParsedCertificate& child);
  std::optional<SignatureStatus> signature_status(const Link& issuer,
                                                  const ParsedCertificate& child);
  [[nodiscard]] Judgement judge_names(const ParsedCertificate& issuer);
  [[nodiscard]] std::size_t authorities() const;
  [[nodiscard]] bool contains(const ParsedCertificate& certificate) const;
  bool is_complete();
  [[nodiscard]] bool is_pinned() const;
  [[nodiscard]] bool demands_policy() const;
  bool judge_revocations();
  bool judge_revocation_of(std::size_t place);
  bool signs_lists(std::size_t place, const Link& other);
  [[nodiscard]] std::vector<Issuer> named_above(std::size_t place,
                                                const DistinguishedName& name) const;
  // Always false. The first failure that says more than that nobody is known stays.
  bool fail(Reason reason, std::string detail);
  bool stop(Reason reason, std::string detail);

  const ChainRequest& request_;
  const Rules& rules_;
  std::vector<Link> chain_;
  std::deque<Presented> presented_;
  std::vector<Check> checks_;
  std::size_t tried_ = 0;
  ComparisonBudget comparisons_{max_name_comparisons};
  std::time_t good_until_ = 0;
  Failure failure_{Reason::CertificateUntrusted, {}};
  bool stopped_ = false;
};

} // namespace ktls::tls
