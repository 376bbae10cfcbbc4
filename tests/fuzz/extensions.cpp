// SPDX-License-Identifier: GPL-2.0-or-later
// The value of an extension, or a part of it, as each parser that there is for one takes it.
#include "fuzz.hpp"
#include "identity/anchor.hpp"
#include "identity/identity_extensions.hpp"
#include "identity/oid_text.hpp"
#include "tls/distribution_point.hpp"
#include "tls/name_constraints.hpp"

namespace ktls::fuzz {
namespace {

// Unexpected: without anything of the peer's.
template<class T>
bool is_there(const identity::Fact<T>& fact) {
  if (!fact)
    must_be_clean(fact.error());
  return fact.has_value();
}

void read_identities(Bytes value) {
  using namespace identity;
  if (const auto policies = read_policies(value); is_there(policies)) {
    must(policies->size() <= PeerIdentity::max_listed, "policies are limited");
  }
  if (const auto hosts = read_host_ids(value); is_there(hosts))
    must(hosts->size() <= PeerIdentity::max_listed, "host identities are limited");
  if (const auto sid = read_sid(value); is_there(sid))
    must(is_sid(*sid), "a SID is one", *sid);
  (void)is_there(read_upn(value));
  (void)is_there(read_pkinit_principal(value));
  if (const auto other = read_other_name(value))
    must(other->value.size() <= value.size(), "a value is inside");
  const auto uri = tls::text_of(value);
  const auto spiffe = parse_spiffe_id(uri);
  must(!spiffe || (is_spiffe(uri) && is_trust_domain(spiffe->trust_domain)), "a SPIFFE ID is one",
       uri);
}

void read_lists(Bytes value) {
  const tls::DistinguishedName issuer;
  (void)tls::read_distribution_points(value, issuer);
  (void)tls::read_point_names(value, issuer);
  (void)tls::read_revocation_reasons(value);
}

// Constraints, and behind them the names of a certificate below.
void constrain(Bytes both) {
  tls::DerReader reader(both);
  const auto constraints = tls::NameConstraints::parse(reader.next().whole);
  const auto names = tls::read_general_names(reader.next().content);
  if (!constraints || !names)
    return;
  tls::DistinguishedName subject;
  if (auto parsed = tls::DistinguishedName::parse(reader.next().content))
    subject = *std::move(parsed);
  tls::ComparisonBudget budget(10'000);
  must_be_clean(constraints->broken_by(subject, *names, budget));
  tls::ComparisonBudget none(0);
  must_be_clean(constraints->broken_by(subject, *names, none));
}

} // namespace
} // namespace ktls::fuzz

int fuzz_extensions(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto value = fuzz::bytes_of(data, size);
  fuzz::read_identities(value);
  fuzz::read_lists(value);
  fuzz::constrain(value);
  return 0;
}
