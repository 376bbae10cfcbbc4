// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/match_rule.hpp"

#include "identity/certificates.hpp"

namespace ktls::identity::test {
namespace {

using Outcome = MatchRule::Outcome;
using Result = MatchRule::Result;

constexpr std::size_t plenty = 1UL << 30;

MatchRule rule(std::string_view text) {
  auto parsed = MatchRule::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text << ": " << parsed.error();
  return *std::move(parsed);
}
Outcome outcome(std::string_view text, const PeerIdentity& peer) {
  tls::ComparisonBudget budget(plenty);
  return rule(text).matches(peer, budget);
}
bool is_for(std::string_view text, const PeerIdentity& peer) {
  return outcome(text, peer).result == Result::Match;
}
std::string problem(std::string_view text) {
  const auto parsed = MatchRule::parse(text);
  return parsed ? "" : parsed.error();
}

TEST(MatchRule, GoesByTheSubject) {
  const auto peer = person(alice);

  EXPECT_TRUE(is_for("<SUBJECT>CN=alice,OU=Ops,O=Example", peer));
  EXPECT_TRUE(is_for("KRB5:<SUBJECT>.*,O=Example", peer));
  EXPECT_FALSE(is_for("<SUBJECT>CN=alice", peer)) << "not all of it";
  EXPECT_FALSE(is_for("<SUBJECT>cn=alice,OU=Ops,O=Example", peer));
  EXPECT_EQ(outcome("<SUBJECT>.*,O=Example", peer).text, "SUBJECT=CN=alice,OU=Ops,O=Example");
}

// A name that has another one's name in it.
TEST(MatchRule, IsNotTakenInByStructureInNames) {
  const auto mallory = person(name_of("x,OU=Ops,O=Example"));

  EXPECT_FALSE(is_for("<SUBJECT>CN=[^,]*,OU=Ops,O=Example", mallory));
  EXPECT_FALSE(is_for("<SUBJECT>CN=alice.*", person(name_of("mallory+CN=alice"))));
}

TEST(MatchRule, GoesByTheIssuer) {
  EXPECT_TRUE(is_for("<ISSUER>CN=Example CA", person(alice)));
  EXPECT_FALSE(is_for("<ISSUER>CN=Other CA", person(alice)));
}

TEST(MatchRule, GoesByTheKeyUsage) {
  const auto signs = person(alice, {ktls::test::extension::key_usage(0x80)});

  EXPECT_TRUE(is_for("<KU>digitalSignature", signs));
  EXPECT_FALSE(is_for("<KU>digitalSignature,keyEncipherment", signs));
  EXPECT_TRUE(is_for("<KU>digitalSignature", person(alice))) << "absent, it allows each";
}

TEST(MatchRule, GoesByThePurposes) {
  using namespace ktls::test::extension;
  const auto client = person(alice, {purposes(client_auth)});

  EXPECT_TRUE(is_for("<EKU>clientAuth", client));
  EXPECT_TRUE(is_for("<EKU>1.3.6.1.5.5.7.3.2", client));
  EXPECT_FALSE(is_for("<EKU>clientAuth,serverAuth", client));
  EXPECT_FALSE(is_for("<EKU>clientAuth", person(alice))) << "has to be said";
  EXPECT_FALSE(is_for("<EKU>clientAuth", person(alice, {purposes(any_purpose)})));
}

TEST(MatchRule, GoesByEachAlternativeName) {
  const auto peer = person(
      alice, {names(email("a@ex.org") + dns("a.ex.org") + uri("https://ex.org/a") +
                    der::context(7, "\xc0\x00\x02\x07"s) + der::context(8, "\x2a\x03") +
                    der::constructed(4, alice) + upn("a@corp.ex") + pkinit("a", "REALM.EX"))});

  EXPECT_TRUE(is_for("<SAN:rfc822Name>a@ex\\.org", peer));
  EXPECT_TRUE(is_for("<SAN:dNSName>a\\.ex\\.org", peer));
  EXPECT_TRUE(is_for("<SAN:uniformResourceIdentifier>https://ex\\.org/.*", peer));
  EXPECT_TRUE(is_for("<SAN:iPAddress>192\\.0\\.2\\.7", peer));
  EXPECT_TRUE(is_for("<SAN:registeredID>1\\.2\\.3", peer));
  EXPECT_TRUE(is_for("<SAN:directoryName>CN=alice,.*", peer));
  EXPECT_TRUE(is_for("<SAN:ntPrincipalName>a@corp\\.ex", peer));
  EXPECT_TRUE(is_for("<SAN:pkinit>a@REALM\\.EX", peer));
  for (const char* either : {"<SAN>", "<SAN:Principal>"}) {
    EXPECT_TRUE(is_for(either + "a@corp\\.ex"s, peer));
    EXPECT_TRUE(is_for(either + "a@REALM\\.EX"s, peer));
    EXPECT_FALSE(is_for(either + "a@ex\\.org"s, peer)) << "an e-mail address is no principal";
  }
  EXPECT_FALSE(is_for("<SAN:ntPrincipalName>a@REALM\\.EX", peer));
  EXPECT_FALSE(is_for("<SAN:rfc822Name>.*", person(alice)));
}

TEST(MatchRule, TriesEachOfSeveralNames) {
  const auto peer = person(alice, {names(email("x@ex.org") + email("a@ex.org"))});

  EXPECT_TRUE(is_for("<SAN:rfc822Name>a@ex\\.org", peer));
}

TEST(MatchRule, NeedsAllPartsOrOne) {
  const auto peer = person(alice);
  const std::string good = "<SUBJECT>.*,O=Example";
  const std::string bad = "<ISSUER>CN=Other CA";

  EXPECT_FALSE(is_for(good + bad, peer));
  EXPECT_FALSE(is_for("&&" + good + bad, peer));
  EXPECT_TRUE(is_for("KRB5:||" + bad + good, peer));
  EXPECT_FALSE(is_for("||" + bad, peer));
}

PeerIdentity with_broken_upn() {
  return person(alice, {names(other_name(identity_oid::upn, der::number(1)))});
}

TEST(MatchRule, FailsOnMalformedNamesThatItGoesBy) {
  const auto broken = with_broken_upn();

  EXPECT_EQ(outcome("<SAN:ntPrincipalName>.*", broken).result, Result::Error);
  EXPECT_EQ(outcome("<SAN>.*", broken).result, Result::Error);
  EXPECT_EQ(outcome("||<SUBJECT>.*<SAN:ntPrincipalName>x", broken).result, Result::Error);
  EXPECT_EQ(outcome("<SUBJECT>.*", broken).result, Result::Match) << "not asked";
  EXPECT_EQ(outcome("<SAN>x<SUBJECT>CN=bob", broken).result, Result::NoMatch)
      << "whatever the name was to be";
}

TEST(MatchRule, FailsOnNamesThatAreTooLong) {
  const auto peer = person(name_of(std::string(60'000, 'a')));

  const auto found = outcome("<SUBJECT>.*", peer);

  EXPECT_EQ(found.result, Result::Error);
  EXPECT_EQ(found.text, "what SUBJECT is about has more than 1024 bytes");
}

TEST(MatchRule, FailsWhereItWouldTakeTooLong) {
  tls::ComparisonBudget budget(10);

  const auto found = rule("<SUBJECT>.*[e]").matches(person(alice), budget);

  EXPECT_EQ(found.result, Result::Error);
}

TEST(MatchRule, EscapesWhatMatched) {
  EXPECT_EQ(outcome("<SUBJECT>.*", person(name_of("\xc3\xa9\n"))).text,
            "SUBJECT=CN=\\xc3\\xa9\\0a,OU=Ops,O=Example");
}

TEST(MatchRule, HasPartsWithABracketInThem) {
  EXPECT_TRUE(is_for("<SUBJECT>CN=a\\\\[<]b.*<ISSUER>.*", person(name_of("a<b"))));
}

TEST(MatchRule, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(problem("SUBJECT=x"), "must be KRB5: and parts such as <SUBJECT>CN=alice,O=Example");
  EXPECT_EQ(problem("KRB5:"), "must have a part such as <SUBJECT>CN=alice,O=Example");
  EXPECT_EQ(problem("<KU>sign"),
            "<KU>: \"sign\" is not one of: digitalSignature, nonRepudiation, keyEncipherment, "
            "dataEncipherment, keyAgreement, keyCertSign, cRLSign, encipherOnly, decipherOnly");
  EXPECT_EQ(problem("<EKU>client"),
            "<EKU>: \"client\" is neither an extended key usage nor an object identifier");
  EXPECT_EQ(problem("<SUBJECT>a("),
            "<SUBJECT>: there is an empty alternative or group, at byte 3 of the regular "
            "expression");
  for (const char* text :
       {"", "&&", "<SUBJECT>", "<SUBJECT>a<X>b", "<SUBJECT>a<b", "<subject>a",
        "<SAN:otherName>eA==", "<SAN:1.2.3>a", "LDAP:<SUBJECT>a", "<EKU>", "<KU>", "<KU>cRLSign,"})
    EXPECT_NE(problem(text), "") << text;
}

TEST(MatchRule, HasLimits) {
  std::string many;
  for (int i = 0; i < 16; ++i)
    many += "<SUBJECT>a";

  EXPECT_EQ(problem(many), "");
  EXPECT_EQ(problem(many + "<SUBJECT>a"), "has more than 16 parts");
  EXPECT_EQ(problem("<SUBJECT>" + std::string(2048, 'a')), "has more than 2048 bytes");
}

// From the least to the most specific.
TEST(MatchRule, IsOrderedAsByRacf) {
  const std::array<const char*, 14> order{"<EKU>clientAuth",
                                          "<EKU>clientAuth<KU>cRLSign",
                                          "<ISSUER>.*,O=b",
                                          "<ISSUER>CN=ca,O=b",
                                          "<SUBJECT>.*",
                                          "<SUBJECT>.*b",
                                          "<SUBJECT>.*,O=b",
                                          "<SUBJECT>.*,O=b<KU>cRLSign",
                                          "<SUBJECT>.*,OU=c,O=b",
                                          "<SUBJECT>.*,O=b<ISSUER>.*,O=b",
                                          "<SUBJECT>CN=a,O=b",
                                          "<SUBJECT>CN=a,O=b<ISSUER>.*,O=b",
                                          "<SUBJECT>.*,O=b<ISSUER>CN=ca,O=b",
                                          "<SUBJECT>CN=a,O=b<ISSUER>CN=ca,O=b"};

  for (std::size_t i = 1; i < order.size(); ++i)
    EXPECT_LT(rule(order.at(i - 1)).specificity(), rule(order.at(i)).specificity()) << order.at(i);
  EXPECT_EQ(rule("<SAN:rfc822Name>a@b").specificity(), rule("<SUBJECT>CN=a").specificity());
  EXPECT_EQ(rule("||<SUBJECT>CN=a,O=b<KU>cRLSign").specificity(), rule("<KU>cRLSign").specificity())
      << "the least of alternatives counts";
}

TEST(MatchRule, IsTheSameInAnotherOrder) {
  EXPECT_EQ(rule("KRB5:<SUBJECT>a<EKU>clientAuth,serverAuth").key(),
            rule("&&<EKU>1.3.6.1.5.5.7.3.1,clientAuth<SUBJECT>a").key());
  EXPECT_NE(rule("<SUBJECT>a<ISSUER>b").key(), rule("||<SUBJECT>a<ISSUER>b").key());
  EXPECT_NE(rule("<SUBJECT>a").key(), rule("<ISSUER>a").key());
}

} // namespace
} // namespace ktls::identity::test
