// SPDX-License-Identifier: GPL-2.0-or-later
// A peer's certificate, as far as its user: what is said of it is fit to be shown.
#include "certificates.hpp"
#include "identity.hpp"
#include "identity/mapping.hpp"

namespace ktls::fuzz {
namespace {

constexpr std::string_view rules = R"(
[mapd]
host_ids = "host.ex"
[anchor.ca]
spki_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
high_trust = true
spiffe_trust_domains = "ex.org"
[extension]
host_id_mappings = true
[[sid]]
sid = "S-1-5-21-1-2-3-1001"
user = "alice"
[[spiffe]]
id = "spiffe://ex.org/web"
user = "web"
[[upn]]
realm = "corp"
[[email]]
realm = "ex.org"
)";

// What only filters look at comes first there: one mapping for these, one for the others.
constexpr std::string_view filters = R"(
[anchor.ca]
spki_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
[[filter]]
name = "a"
anchor = "ca"
match = '||<SUBJECT>.*OU=Ops.*<SAN:Principal>.*@corp<SAN:rfc822Name>.*<SAN:dNSName>.*<SAN:directoryName>.*<SAN:uniformResourceIdentifier>.*'
user = '{subject_principal.short_name}'
realm = "corp"
[[filter]]
name = "b"
anchor = "ca"
match = '<KU>digitalSignature<EKU>clientAuth'
user = '{subject_rfc822_name.short_name}'
realm = "ex.org"
)";

identity::Mapping mapping_of(std::string_view text) {
  const std::vector<policy::SourceFile> files{{"f", std::string(text)}};
  auto parsed = identity::parse_mapping(
      files, [](const std::string&) -> Result<std::string> { return errno_error("", ENOENT); });
  must(parsed.has_value(), parsed ? "" : parsed.error().lines.front());
  return *std::move(parsed);
}

void map(Bytes der) {
  static const auto by_extensions = mapping_of(rules);
  static const auto by_filters = mapping_of(filters);
  const auto peer = identity::PeerIdentity::parse(der);
  if (!peer)
    return must_be_clean(peer.error());
  must_be_clean(peer->subject);
  must_be_clean(peer->issuer);
  const identity::Context context{"web", "staff", "", std::nullopt, tls::Sha256{}};
  must_be_fit_to_be_shown(by_extensions.map(*peer, context));
  must_be_fit_to_be_shown(by_filters.map(*peer, context));
}

void show(Bytes der) {
  if (const auto facts = tls::facts_of(der)) {
    must_be_clean(facts->subject);
    must_be_clean(facts->issuer);
    must_be_clean(facts->key);
  }
  constexpr std::size_t most = 64;
  if (const auto names = tls::names_of(der, most)) {
    must_be_clean(names->subject);
    must(names->subject.size() <= most && names->issuer.size() <= most, "names are cut");
  }
  (void)tls::is_self_signed(der);
}

} // namespace
} // namespace ktls::fuzz

int fuzz_certificate(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto der = fuzz::bytes_of(data, size);
  if (const auto parsed = tls::ParsedCertificate::parse(der); !parsed)
    fuzz::must_be_clean(parsed.error());
  else
    fuzz::must_be_clean(parsed->flaw);
  fuzz::map(der);
  fuzz::show(der);
  if (const auto pem = tls::certificates_from_pem(fuzz::text_of(data, size)); !pem)
    fuzz::must_be_clean(pem.error().message());
  return 0;
}
