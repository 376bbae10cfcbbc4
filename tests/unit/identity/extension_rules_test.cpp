// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/extension_rules.hpp"

#include "identity/mappings.hpp"

namespace ktls::identity::test {
namespace {

const std::string trusted_anchor =
    anchor("high_trust = true\nspiffe_trust_domains = [\"ex.org\", \"ex.net\"]");
const std::string host_rules =
    trusted_anchor + "[mapd]\nhost_ids = \"Host.Ex\"\n[extension]\nhost_id_mappings = true\n";
const std::string sid_rules =
    trusted_anchor + "[[sid]]\nsid = \"S-1-5-21-1-2-3-1001\"\nuser = \"alice\"\n";
const std::string spiffe_rules = trusted_anchor +
                                 "[[spiffe]]\nid = \"spiffe://ex.org/web\"\nuser = \"web\"\n"
                                 "[[spiffe]]\nid = \"spiffe://ex.net/web\"\nuser = \"net\"\n";
const std::string upn_rules = trusted_anchor + "[[upn]]\nrealm = \"corp\"\n";
const std::string email_rules = trusted_anchor + "[[email]]\nrealm = \"ex.org\"\n";

PeerIdentity with(const std::string& extension) {
  return person(alice, {extension});
}

TEST(Extensions, OfHostIdentities) {
  const auto answer =
      map(host_rules, with(host_ids(host_id("other", "bob") + host_id("HOST.EX", "ALICE"))));

  EXPECT_EQ(said(answer), "match ALICE strong");
  EXPECT_EQ(answer.source, "extension");
  EXPECT_EQ(answer.entry, "extension.host_id_mappings");
  EXPECT_EQ(answer.attribute, "hostIdMappings=ALICE@HOST.EX");
  EXPECT_EQ(said(host_rules, with(host_ids(host_id("other", "bob")))), "no-match");
  EXPECT_EQ(said(host_rules, person(alice)), "no-match");
}

TEST(Extensions, OfHostIdentitiesHaveToBeSound) {
  const auto two = host_id("host.ex", "alice") + host_id("host.ex", "bob");
  EXPECT_EQ(said(host_rules, with(host_ids(two))), "ambiguous");
  for (const char* user : {"root", "../x", "a:b", "1000", "-a"})
    EXPECT_EQ(said(host_rules, with(host_ids(host_id("host.ex", user)))), "error") << user;
  EXPECT_EQ(said(host_rules, with(host_ids("x"))), "error");
  EXPECT_EQ(said(sid_rules, with(host_ids("x"))), "no-match") << "not used";
}

TEST(Extensions, OfSids) {
  EXPECT_EQ(said(sid_rules, with(sid("S-1-5-21-1-2-3-1001"))), "match alice strong");
  EXPECT_EQ(map(sid_rules, with(sid("S-1-5-21-1-2-3-1001"))).entry, "m:5");
  EXPECT_EQ(said(sid_rules, with(sid("S-1-5-21-1-2-3-1002"))), "no-match");
  EXPECT_EQ(said(sid_rules, with(sid("S-1-5-21-1-2-3-1001 "))), "error");
  EXPECT_EQ(said(sid_rules, person(alice)), "no-match");
}

TEST(Extensions, OfSpiffe) {
  EXPECT_EQ(said(spiffe_rules, with(names(uri("spiffe://ex.org/web")))), "match web strong");
  EXPECT_EQ(said(spiffe_rules, with(names(uri("spiffe://ex.org/other")))), "no-match");
  EXPECT_EQ(said(spiffe_rules, with(names(uri("spiffe://evil/web")))), "no-match");
  EXPECT_EQ(said(spiffe_rules, with(names(uri("https://ex.org/web") + uri("https://ex.org")))),
            "no-match");
}

TEST(Extensions, OfSpiffeAreTheOnlyUri) {
  const auto id = uri("spiffe://ex.org/web");
  EXPECT_EQ(said(spiffe_rules, with(names(id + id))), "error");
  EXPECT_EQ(said(spiffe_rules, with(names(id + uri("https://ex.org")))), "error");
  EXPECT_EQ(said(spiffe_rules, with(names(id + uri("spiffe://evil/x")))), "error")
      << "even one that the anchor does not speak for";
  EXPECT_EQ(said(spiffe_rules, with(names(id + dns("ex.org")))), "match web strong");
}

TEST(Extensions, OfSpiffeHaveToBeSound) {
  for (const char* wrong : {"spiffe://ex.org/web/", "SPIFFE://ex.org/web", "spiffe://EX.org/web",
                            "spiffe://ex.org/a/../web", "spiffe://ex.org/web?x", "spiffe:"})
    EXPECT_EQ(said(spiffe_rules, with(names(uri(wrong)))), "error") << wrong;
}

TEST(Extensions, OfSpiffeNeedTheTrustDomainOfTheAnchor) {
  const Authority second("Second CA");
  const auto text =
      spiffe_rules + fmt::format("[anchor.second]\nspki_sha256 = \"{}\"\nhigh_trust = true\n"
                                 "spiffe_trust_domains = \"ex.com\"\n",
                                 policy::pin_text(hash_of(second.key.spki())));
  Context other;
  other.anchor_spki = hash_of(second.key.spki());

  EXPECT_EQ(said(text, with(names(uri("spiffe://ex.org/web"))), other), "no-match");
}

TEST(Extensions, OfPrincipals) {
  EXPECT_EQ(said(upn_rules, with(names(upn("alice@CORP")))), "match alice weak");
  EXPECT_EQ(said(upn_rules, with(names(upn("alice@evil")))), "no-match");
  EXPECT_EQ(said(upn_rules, with(names(upn("alice@evil@corp")))), "error");
  EXPECT_EQ(said(upn_rules, with(names(upn("alice@corp") + upn("bob@corp")))), "ambiguous");
  EXPECT_EQ(said(upn_rules, with(names(upn("alice@corp") + upn("bob@evil")))), "match alice weak");
  EXPECT_EQ(said(upn_rules, with(names(upn("root@corp")))), "error");
  EXPECT_EQ(said(upn_rules, with(names(email("alice@corp")))), "no-match");
}

TEST(Extensions, OfMailAddresses) {
  EXPECT_EQ(said(email_rules, with(names(email("alice@Ex.Org")))), "match alice weak");
  EXPECT_EQ(said(email_rules, with(names(email("alice@ex.org.evil")))), "no-match");
  EXPECT_EQ(said(email_rules, with(names(email("\"alice\"@ex.org")))), "error");
}

TEST(Extensions, AreStrongByNameWhereNamesAreTrusted) {
  const auto text = anchor("high_trust = true\nnames_trusted = true\npolicy_oids = "
                           "\"1.3.6.1.4.1.99.1\"") +
                    "[[upn]]\nrealm = \"corp\"\n";

  EXPECT_EQ(said(text, person(alice, {names(upn("alice@corp")), policy(1)})), "match alice strong");
  EXPECT_EQ(said(text, person(alice, {names(upn("alice@corp"))})), "match alice weak");
}

TEST(Extensions, CountOnlyFromAnchorsWithHighTrust) {
  const Authority second("Second CA");
  const auto low = fmt::format("[anchor.second]\nspki_sha256 = \"{}\"\n",
                               policy::pin_text(hash_of(second.key.spki())));
  Context other;
  other.anchor_spki = hash_of(second.key.spki());
  const auto peer =
      person(alice, {sid("S-1-5-21-1-2-3-1001"), host_ids(host_id("host.ex", "alice")),
                     names(upn("alice@corp") + email("alice@ex.org"))});

  for (const auto& rules : {host_rules, sid_rules, spiffe_rules, upn_rules, email_rules}) {
    const auto answer = map(rules + low, peer, other);
    EXPECT_EQ(said(answer), "no-match") << rules;
    EXPECT_EQ(answer.why, "anchor second has no high_trust");
    EXPECT_EQ(said(rules + low, peer, {}), "no-match") << "no anchor is known";
  }
}

TEST(Extensions, OfTwoUsersAreAmbiguous) {
  const auto both = sid_rules + "[[upn]]\nrealm = \"corp\"\n";
  const auto answer =
      map(both, person(alice, {sid("S-1-5-21-1-2-3-1001"), names(upn("bob@corp"))}));

  EXPECT_EQ(said(answer), "ambiguous");
  EXPECT_EQ(answer.why, "SID=S-1-5-21-1-2-3-1001 (m:5) says alice, and name=bob@corp (m:8) bob");
  EXPECT_EQ(said(both, person(alice, {sid("S-1-5-21-1-2-3-1001"), names(upn("alice@corp"))})),
            "match alice strong");
}

TEST(Extensions, StopAtAnError) {
  const auto both = sid_rules + "[[upn]]\nrealm = \"corp\"\n";

  EXPECT_EQ(said(both, person(alice, {sid("S-1-5-21-1-2-3-1001"),
                                      names(other_name(identity_oid::upn, "x"))})),
            "error");
  EXPECT_EQ(said(both, person(alice, {sid("x"), names(upn("alice@corp"))})), "error");
}

} // namespace
} // namespace ktls::identity::test
