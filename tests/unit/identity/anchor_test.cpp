// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/anchor.hpp"

#include "identity/certificates.hpp"

namespace ktls::identity::test {
namespace {

TEST(Anchor, VouchesForNamesOnlyWhereItIsSaid) {
  Anchor anchor;

  EXPECT_EQ(anchor.vouches_for_names_of(person(alice)), Fact<bool>(false));
  anchor.names_trusted = true;
  EXPECT_EQ(anchor.vouches_for_names_of(person(alice)), Fact<bool>(true));
}

TEST(Anchor, VouchesForNamesWithAPolicy) {
  Anchor anchor;
  anchor.names_trusted = true;
  anchor.policies = {"1.3.6.1.4.1.99.1", "1.3.6.1.4.1.99.2"};

  EXPECT_EQ(anchor.vouches_for_names_of(person(alice, {policy(2)})), Fact<bool>(true));
  EXPECT_EQ(anchor.vouches_for_names_of(person(alice, {policy(3)})), Fact<bool>(false));
  EXPECT_EQ(anchor.vouches_for_names_of(person(alice)), Fact<bool>(false));
  const auto broken = der::extension(identity_oid::certificate_policies, der::sequence(""));
  EXPECT_FALSE(anchor.vouches_for_names_of(person(alice, {broken})).has_value());
}

TEST(Anchor, SpeaksForSomeSuffixes) {
  Anchor anchor;
  anchor.upn_suffixes = {"ex"};
  const auto peer = person(alice, {names(upn("a@ex") + upn("a@evil") + upn("a") + upn("a@ex@evil") +
                                         pkinit("a", "EVIL"))});

  EXPECT_EQ(anchor.seen(peer).upns, Fact<Texts>(Texts{"a@ex"}));
  EXPECT_EQ(anchor.seen(peer).principals, Fact<Texts>(Texts{}));
  EXPECT_EQ(Anchor().seen(peer).upns->size(), 4U);
}

TEST(Anchor, SpeaksForSomeTrustDomains) {
  Anchor anchor;
  anchor.spiffe_trust_domains = {"ex"};
  const auto peer =
      person(alice, {names(uri("spiffe://ex/a") + uri("SPIFFE://evil/a") + uri("https://evil/"))});

  EXPECT_EQ(anchor.seen(peer).uris, (Texts{"spiffe://ex/a", "https://evil/"}));
}

TEST(SpiffeId, HasATrustDomainAndAPath) {
  EXPECT_EQ(parse_spiffe_id("spiffe://ex.org/ns/a_b/sa-1.x")->trust_domain, "ex.org");
  EXPECT_TRUE(parse_spiffe_id("spiffe://ex.org").has_value());
  for (const char* wrong :
       {"", "spiffe:", "spiffe:///a", "spiffe://Ex/a", "SPIFFE://ex/a", "spiffe://ex/",
        "spiffe://ex//a", "spiffe://ex/a/", "spiffe://ex/..", "spiffe://ex/./a", "spiffe://ex/%61",
        "spiffe://u@ex/a", "spiffe://ex:1/a", "spiffe://ex/a?b", "spiffe://ex/a#b", "https://ex/a"})
    EXPECT_FALSE(parse_spiffe_id(wrong).has_value()) << wrong;
  EXPECT_FALSE(parse_spiffe_id("spiffe://ex/" + std::string(2048, 'a')).has_value());
}

} // namespace
} // namespace ktls::identity::test
