// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/filter.hpp"

#include "identity/mappings.hpp"

namespace ktls::identity::test {
namespace {

const std::string example_match = "<SUBJECT>.*,O=Example";

TEST(Filters, MapByNames) {
  const auto answer = map(anchor() + filter("staff", example_match, "staff"), person(alice));

  EXPECT_EQ(said(answer), "match staff weak");
  EXPECT_EQ(answer.source, "filter");
  EXPECT_EQ(answer.entry, "staff");
  EXPECT_EQ(answer.attribute, "SUBJECT=CN=alice,OU=Ops,O=Example");
  EXPECT_EQ(answer.why, "anchor ca does not vouch for its names");
}

TEST(Filters, MapNobodyElse) {
  EXPECT_EQ(said(anchor() + filter("bob", "<SUBJECT>CN=bob.*", "bob"), person(alice)), "no-match");
}

// The same name, another key.
TEST(Filters, AreBoundToTheAnchorsKey) {
  const Authority impostor("Example CA");
  const auto forged = read(impostor.issue({.subject = alice, .extensions = {}}, key()));
  const auto text = anchor("names_trusted = true") +
                    filter("staff", "<ISSUER>CN=Example CA" + example_match, "staff");
  Context other;
  other.anchor_spki = hash_of(impostor.key.spki());

  EXPECT_EQ(said(text, forged, other), "no-match");
  EXPECT_EQ(said(text, forged, {}), "no-match") << "no anchor is known";
  EXPECT_EQ(said(text, person(alice)), "match staff strong");
}

TEST(Filters, AreOfOneAnchor) {
  const Authority second("Second CA");
  const auto text = anchor() +
                    fmt::format("[anchor.second]\nspki_sha256 = \"{}\"\n",
                                policy::pin_text(hash_of(second.key.spki()))) +
                    filter("staff", example_match, "staff");
  Context other;
  other.anchor_spki = hash_of(second.key.spki());

  EXPECT_EQ(said(text, person(alice), other), "no-match");
}

TEST(Filters, AreStrongWhereNamesAreTrusted) {
  const auto text = anchor("names_trusted = true\npolicy_oids = \"1.3.6.1.4.1.99.1\"") +
                    filter("s", example_match, "s");

  EXPECT_EQ(said(text, person(alice, {policy(1)})), "match s strong");
  EXPECT_EQ(said(text, person(alice, {policy(2)})), "match s weak");
  EXPECT_EQ(said(text, person(alice)), "match s weak");
  const auto broken = der::extension(identity_oid::certificate_policies, "x");
  EXPECT_EQ(said(text, person(alice, {broken})), "error");
  EXPECT_EQ(said(text, person(name_of("x"), {broken})), "error");
}

TEST(Filters, TheMostSpecificWins) {
  const auto text = anchor() + filter("all", example_match, "guest") +
                    filter("ops", "<SUBJECT>.*,OU=Ops,O=Example", "ops") +
                    filter("alice", "<SUBJECT>CN=alice,OU=Ops,O=Example", "alice");

  EXPECT_EQ(said(text, person(alice)), "match alice weak");
  EXPECT_EQ(said(text, person(name_of("bob"))), "match ops weak");
  EXPECT_EQ(
      said(text, person(der::sequence(der::attribute(o, "Example") + der::attribute(cn, "x")))),
      "match guest weak");
}

TEST(Filters, CountCriteria) {
  const auto text =
      anchor() + filter("any", example_match, "guest") +
      filter("db", example_match, "dba", "rule = [\"db\", \"db2\"]") +
      filter("db-port", example_match, "operator", "rule = \"db\"\nlocal_port = \"5000-5999\"");
  auto where = context();

  EXPECT_EQ(said(text, person(alice), where), "match guest weak");
  where.rule = "db";
  EXPECT_EQ(said(text, person(alice), where), "match dba weak");
  where.local_port = 5432;
  EXPECT_EQ(said(text, person(alice), where), "match operator weak");
  where.local_port = 6000;
  EXPECT_EQ(said(text, person(alice), where), "match dba weak");
}

TEST(Filters, GoByTheServersName) {
  const auto text = anchor() + filter("a", example_match, "a", "server_name = \"*.ex.org\"");
  auto where = context();

  EXPECT_EQ(said(text, person(alice), where), "no-match");
  where.server_name = "db.ex.org";
  EXPECT_EQ(said(text, person(alice), where), "match a weak");
  where.server_name = "evilex.org";
  EXPECT_EQ(said(text, person(alice), where), "no-match");
}

TEST(Filters, OfTwoUsersAreAmbiguous) {
  const auto text = anchor() + filter("one", "<SUBJECT>.*,O=Example", "a") +
                    filter("two", "<SUBJECT>[^x]*,O=Example", "b");

  const auto answer = map(text, person(alice));

  EXPECT_EQ(said(answer), "ambiguous");
  EXPECT_EQ(answer.user, "");
  EXPECT_EQ(answer.why, "filter one says a, and filter two, which is no less specific, b");
  EXPECT_EQ(said(anchor() + filter("one", "<SUBJECT>.*,O=Example", "a") +
                     filter("two", "<SUBJECT>[^x]*,O=Example", "a"),
                 person(alice)),
            "match a weak");
}

TEST(Filters, DenyBeforeAllElse) {
  const auto text = anchor() + filter("alice", "<SUBJECT>CN=alice,OU=Ops,O=Example", "alice") +
                    filter("ops", "<SUBJECT>.*,OU=Ops,O=Example", "!deny");
  const auto answer = map(text, person(alice));

  EXPECT_EQ(said(answer), "deny");
  EXPECT_EQ(answer.entry, "ops");
}

TEST(Filters, TakeUsersFromNames) {
  const auto text = anchor() + filter("upn", example_match, "{subject_nt_principal.short_name}",
                                      "realm = \"corp\"");

  EXPECT_EQ(said(text, person(alice, {names(upn("bob@corp"))})), "match bob weak");
  EXPECT_EQ(map(text, person(alice, {names(upn("bob@corp"))})).attribute,
            "SUBJECT=CN=alice,OU=Ops,O=Example, name=bob@corp");
  EXPECT_EQ(said(text, person(alice, {names(upn("bob@evil"))})), "no-match");
  EXPECT_EQ(said(text, person(alice)), "no-match");
  EXPECT_EQ(said(text, person(alice, {names(upn("root@corp"))})), "error");
  EXPECT_EQ(said(text, person(alice, {names(upn("bob@corp") + upn("carol@corp"))})), "ambiguous");
  EXPECT_EQ(
      said(text, person(alice, {names(upn("bob@corp") + other_name(identity_oid::upn, "x"))})),
      "error");
}

TEST(Filters, FallBackToALessSpecificOneWithoutSuchAName) {
  const auto text = anchor() +
                    filter("upn", "<SUBJECT>.*,OU=Ops,O=Example",
                           "{subject_nt_principal.short_name}", "realm = \"corp\"") +
                    filter("all", example_match, "guest");

  EXPECT_EQ(said(text, person(alice, {names(upn("bob@corp"))})), "match bob weak");
  EXPECT_EQ(said(text, person(alice)), "match guest weak");
}

TEST(Filters, SeeOnlyWhatTheAnchorSpeaksFor) {
  const auto text =
      anchor("upn_suffixes = \"corp\"") + filter("u", "<SAN:ntPrincipalName>bob@.*", "bob");

  EXPECT_EQ(said(text, person(alice, {names(upn("bob@corp"))})), "match bob weak");
  EXPECT_EQ(said(text, person(alice, {names(upn("bob@other"))})), "no-match");
}

TEST(Filters, StopAtAnError) {
  const auto text = anchor() + filter("alice", "<SUBJECT>CN=alice,OU=Ops,O=Example", "alice") +
                    filter("upn", "<SAN:ntPrincipalName>bob@corp", "bob");

  EXPECT_EQ(said(text, person(alice, {names(other_name(identity_oid::upn, "x"))})), "error");
  EXPECT_EQ(said(text, person(name_of(std::string(2000, 'a')))), "error") << "too long";
}

TEST(Filters, StopWhereNamesTakeTooLong) {
  std::string text = anchor();
  for (int i = 0; i < 100; ++i)
    text +=
        filter(fmt::format("f{}", i), "<SAN:dNSName>.*[a].{200}" + std::to_string(i) + "[b]", "x");
  std::string many;
  for (int i = 0; i < 128; ++i)
    many += dns(std::string(300, 'a'));

  const auto answer = map(text, person(alice, {names(many)}));

  EXPECT_EQ(said(answer), "error");
  EXPECT_EQ(answer.why, "comparing its names with all filters takes too long");
}

} // namespace
} // namespace ktls::identity::test
