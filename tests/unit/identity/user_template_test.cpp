// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/user_template.hpp"

#include "identity/certificates.hpp"

namespace ktls::identity::test {
namespace {

UserTemplate user(std::string_view text, std::string_view realm = "") {
  auto parsed = UserTemplate::parse(text, realm);
  EXPECT_TRUE(parsed.has_value()) << text << ": " << parsed.error();
  return *std::move(parsed);
}
std::string template_problem(std::string_view text, std::string_view realm = "") {
  const auto parsed = UserTemplate::parse(text, realm);
  return parsed ? "" : parsed.error();
}
// "alice, bob", or what is wrong
std::string users(const UserTemplate& user, const PeerIdentity& peer) {
  const auto candidates = user.expand(peer);
  if (!candidates)
    return candidates.error();
  std::string out;
  for (const auto& candidate : *candidates)
    out += (out.empty() ? "" : ", ") + candidate.user;
  return out;
}
std::string upn_user(const PeerIdentity& peer) {
  return users(user("{subject_nt_principal.short_name}", "Corp.Example"), peer);
}
PeerIdentity with_names(const std::string& general_names) {
  return person(alice, {names(general_names)});
}

TEST(UserTemplate, IsAName) {
  EXPECT_EQ(users(user("alice"), person(alice)), "alice");
  EXPECT_EQ(template_problem("a b"), "cannot be the name of a user: it has ' ' in it");
  EXPECT_EQ(template_problem("alice", "corp"),
            "has a realm, but takes no name from the certificate");
}

TEST(UserTemplate, TakesWhatIsInFrontOfTheRealm) {
  EXPECT_EQ(upn_user(with_names(upn("bob@corp.example"))), "bob");
  EXPECT_EQ(upn_user(with_names(upn("bob@CORP.EXAMPLE"))), "bob") << "realms of Windows are so";
  EXPECT_EQ(upn_user(with_names(upn("Bob@corp.example"))), "Bob") << "users are not";
  EXPECT_EQ(upn_user(person(alice)), "");
}

// Cut off first, all of these would be bob.
TEST(UserTemplate, JudgesTheRealmBeforeItIsCutOff) {
  EXPECT_EQ(upn_user(with_names(upn("bob@evil.example"))), "");
  EXPECT_EQ(upn_user(with_names(upn("bob"))), "");
  EXPECT_EQ(upn_user(with_names(upn("bob@corp.example.evil"))), "");
  EXPECT_EQ(upn_user(with_names(upn("bob@corp.example@evil.example"))), "");
  EXPECT_EQ(upn_user(with_names(upn("bob@evil.example@corp.example"))),
            "\"bob@evil.example@corp.example\" gives a name that has '@' in it");
  EXPECT_EQ(upn_user(with_names(upn("@corp.example"))),
            "\"@corp.example\" gives a name that is empty");
}

TEST(UserTemplate, KnowsTheOtherNames) {
  EXPECT_EQ(users(user("{subject_pkinit_principal.short_name}", "REALM.EX"),
                  with_names(pkinit("bob", "REALM.EX"))),
            "bob");
  EXPECT_EQ(users(user("{subject_principal.short_name}", "ex"),
                  with_names(upn("bob@ex") + pkinit("bob", "EX") + pkinit("carol", "EX"))),
            "bob, carol");
  EXPECT_EQ(
      users(user("{subject_rfc822_name.short_name}", "ex.org"), with_names(email("bob@ex.org"))),
      "bob");
  EXPECT_EQ(users(user("{subject_dns_name.short_name}", "ex.org"), with_names(dns("web.ex.org"))),
            "web");
  EXPECT_EQ(users(user("{subject_dns_name.short_name}", "ex.org"), with_names(dns("a.b.ex.org"))),
            "");
  EXPECT_EQ(users(user("{subject_dn_component.CN}"), person(alice)), "alice");
}

TEST(UserTemplate, PutsTextAround) {
  EXPECT_EQ(users(user("CORP\\{subject_nt_principal.short_name}", "ex"), with_names(upn("bob@ex"))),
            "CORP\\bob");
  EXPECT_EQ(users(user("{subject_dn_component.CN}@ex.org"), person(alice)), "alice@ex.org");
}

TEST(UserTemplate, RefusesNamesThatNoUserHas) {
  for (const char* name : {"root", "../bob", "-bob", "1000", "a:b", "a b", "a\\@b", "."})
    EXPECT_NE(upn_user(with_names(upn(name + "@corp.example"s))).find("gives a name that"),
              std::string::npos)
        << name;
  EXPECT_NE(upn_user(with_names(upn(std::string(60'000, 'a') + "@corp.example"))).find("256 bytes"),
            std::string::npos);
}

TEST(UserTemplate, RefusesNamesThatAreNoText) {
  const auto name = der::sequence(der::attribute(cn, "\xff"));

  EXPECT_EQ(users(user("{subject_dn_component.CN}"), person(name)), "CN of its subject is no text");
}

TEST(UserTemplate, FailsOnMalformedNames) {
  EXPECT_EQ(upn_user(with_names(upn("bob@corp.example") + upn(std::string_view("bob\0", 4)))),
            "its user principal name is malformed, or too long");
}

TEST(UserTemplate, SaysWhatItWentBy) {
  const auto candidates =
      user("{subject_nt_principal.short_name}", "ex").expand(with_names(upn("m\xc3\xbc@ex")));

  EXPECT_EQ(candidates->front().attribute, "name=m\\xc3\\xbc@ex");
}

TEST(UserTemplate, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(template_problem("{subject_nt_principal.short_name}"),
            "needs a realm: without one, {subject_nt_principal.short_name} of any would do");
  EXPECT_EQ(template_problem("{subject_dn_component.CN}", "ex"),
            "has a realm, which a part of the subject does not");
  for (const char* text : {"{", "}", "{}", "a{b", "{a}{b}", "}{", "{subject_nt_principal}",
                           "{subject_dn_component.cn}", "{subject_dn_component}",
                           "{subject_rfc822_name}", "{sid.rid}"})
    EXPECT_NE(template_problem(text, text[1] == 's' ? "" : "ex"), "") << text;
}

} // namespace
} // namespace ktls::identity::test
