// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/mapping.hpp"

#include "base/file.hpp"
#include "identity/mappings.hpp"

namespace ktls::identity::test {
namespace {

const std::string match = "<SUBJECT>.*,O=Example";
const std::string some_hash(64, 'a');

TEST(MapdToml, HasDefaults) {
  const auto settings = mapping("").settings();

  EXPECT_EQ(settings.sources, std::vector<Source>());
  EXPECT_EQ(settings.max_in_flight, 256U);
  EXPECT_FALSE(settings.sssd.enabled);
  EXPECT_EQ(settings.accounts.first_uid, 1000U);
  EXPECT_FALSE(settings.accounts.password_lock_revokes);
  EXPECT_EQ(settings.accounts.pam_service, "");
}

TEST(MapdToml, SaysWhatTheDaemonNeeds) {
  const auto settings =
      mapping("[mapd]\nmax_in_flight = 7\n[sssd]\nenabled = true\n"
              "domains = { \"corp\" = \"strong\", lab = \"weak\" }\n"
              "[[mapper]]\nbus_name = \"org.ex.A\"\nstrength = \"strong\"\n[[mapper]]\n"
              "bus_name = \"org.ex.B\"\n[accounts]\nsystem_users = [\"backup\", \"root\"]\n"
              "first_uid = 500\npassword_lock_revokes = true\nnologin_shell_revokes = true\n"
              "pam_service = \"ktlsd\"\n")
          .settings();

  EXPECT_EQ(settings.sources, (std::vector<Source>{Source::Sssd, Source::Mapper}));
  EXPECT_TRUE(settings.asks(Source::Sssd));
  EXPECT_FALSE(settings.asks(Source::Pin));
  EXPECT_EQ(settings.max_in_flight, 7U);
  EXPECT_EQ(settings.sssd.strength_of("corp"), Strength::Strong);
  EXPECT_EQ(settings.sssd.strength_of("lab"), Strength::Weak);
  EXPECT_EQ(settings.sssd.strength_of("else"), Strength::Weak);
  ASSERT_EQ(settings.mappers.size(), 2U);
  EXPECT_EQ(settings.mappers[0].strength, Strength::Strong);
  EXPECT_EQ(settings.mappers[1].bus_name, "org.ex.B");
  EXPECT_EQ(settings.mappers[1].strength, Strength::Weak);
  EXPECT_EQ(settings.accounts.system_users, (Texts{"backup", "root"}));
  EXPECT_EQ(settings.accounts.first_uid, 500U);
  EXPECT_TRUE(settings.accounts.password_lock_revokes);
  EXPECT_TRUE(settings.accounts.nologin_shell_revokes);
  EXPECT_EQ(settings.accounts.pam_service, "ktlsd");
}

TEST(MapdToml, TellsOfAllMistakesOfAllFilesAtOnce) {
  EXPECT_EQ(problems("[mapd]\npins = [\"/pins\", \"/none\"]\nwhat = 1\n[acounts]\n"
                     "[anchor.ca]\nspki_sha256 = \"x\"\n",
                     {{"/pins", "key x\ncert y\n"}}),
            "m:3: mapd.what: unknown key; known here: sources, max_in_flight, host_ids, pins\n"
            "m:4: acounts: unknown key; is it accounts?\n"
            "m:6: anchor.ca.spki_sha256: must be 64 hexadecimal digits\n"
            "m:2: /none: No such file or directory\n"
            "/pins:1: must have a SHA-256 in hexadecimal digits behind \"key\"\n"
            "/pins:2: must have a SHA-256 in hexadecimal digits behind \"cert\"");
}

TEST(MapdToml, MayBeInSeveralFiles) {
  const std::vector<policy::SourceFile> files{{"a", filter("f", match, "alice")}, {"b", anchor()}};

  EXPECT_TRUE(identity::parse_mapping(files, {}).has_value());
}

TEST(MapdToml, WantsSourcesInTheirOrder) {
  EXPECT_EQ(
      problems("[mapd]\nsources = [\"sssd\", \"pin\"]\npins = \"/p\"\n[sssd]\nenabled = true\n",
               {{"/p", ""}}),
      "m:2: mapd.sources: is out of order: sources are always asked as pin, filter, "
      "extension, sssd, mapper, so write them once and so");
  EXPECT_EQ(problems("[mapd]\nsources = \"sssd\"\n"),
            "m:2: mapd.sources: sssd is to be asked, but not configured");
  EXPECT_EQ(problems("[mapd]\nsources = \"ldap\"\n"),
            "m:2: mapd.sources: must be some of \"pin\", \"filter\", \"extension\", \"sssd\", "
            "\"mapper\"");
  EXPECT_NE(problems("[mapd]\nsources = []\n"), "");
  EXPECT_NE(problems("[mapd]\nsources = [\"pin\", \"pin\"]\npins = \"/p\"\n", {{"/p", ""}}), "");
}

TEST(MapdToml, WantsOneKeyForEachAnchor) {
  EXPECT_EQ(problems("[anchor.a]\n"), "m:1: anchor.a: needs either spki_sha256 or certificate");
  EXPECT_EQ(problems("[anchor.a]\nspki_sha256 = \"" + some_hash + "\"\ncertificate = \"/a\"\n"),
            "m:1: anchor.a: needs either spki_sha256 or certificate");
  EXPECT_EQ(problems("[anchor.a]\nspki_sha256 = \"" + some_hash +
                     "\"\n[anchor.b]\nspki_sha256 = \"" + some_hash + "\"\n"),
            "m:3: anchor.b: has the same key as anchor.a, in m:1");
  EXPECT_EQ(problems("[anchor]\na = 1\n"), "m:2: anchor.a: must be a table: [anchor.a]");
}

TEST(MapdToml, WantsSoundAnchors) {
  EXPECT_EQ(
      problems(anchor("policy_oids = \"1.2.3\"")),
      "m:3: anchor.ca.policy_oids: says which names are trusted, but names_trusted is not true");
  EXPECT_EQ(problems(anchor("names_trusted = true\npolicy_oids = \"x\"")),
            "m:4: anchor.ca.policy_oids: \"x\" is not an object identifier as 1.3.6.1.4.1.99");
  EXPECT_EQ(problems(anchor("upn_suffixes = \"@corp\"")),
            "m:3: anchor.ca.upn_suffixes: \"@corp\" is not what is behind an '@'");
  EXPECT_EQ(problems(anchor("spiffe_trust_domains = \"ex.org\"")),
            "m:3: anchor.ca.spiffe_trust_domains: counts with high_trust = true only");
  EXPECT_EQ(problems(anchor("high_trust = true\nspiffe_trust_domains = \"a/b\"")),
            "m:4: anchor.ca.spiffe_trust_domains: \"a/b\" is not a SPIFFE trust domain");
  EXPECT_EQ(problems(anchor("high_trust = 1")), "m:3: anchor.ca.high_trust: must be true or false");
}

TEST(MapdToml, WantsCompleteFilters) {
  EXPECT_EQ(problems("[[filter]]\n"),
            "m:1: filter.name: is missing: each filter has one\n"
            "m:1: filter.anchor: is missing: names say nothing without the authority that gives "
            "them\n"
            "m:1: filter.match: is missing: which certificates it is for, as "
            "<SUBJECT>CN=alice,O=Example\n"
            "m:1: filter.user: is missing: whose certificate it is");
  EXPECT_EQ(problems(filter("f", match, "a")), "m:3: filter.f.anchor: there is no anchor \"ca\"");
  EXPECT_EQ(problems(anchor() + filter("f", match, "a") + filter("f", "<ISSUER>x", "a")),
            "m:11: filter.f.name: there is a filter \"f\" already, in m:5");
  EXPECT_EQ(problems(anchor() + filter("f", "<SUBJECT>(", "a b", "local_port = 0")),
            "m:7: filter.f.match: <SUBJECT>: there is an empty alternative or group, at byte 2 of "
            "the regular expression\n"
            "m:8: filter.f.user: cannot be the name of a user: it has ' ' in it\n"
            "m:9: filter.f.local_port: must be a port from 1 to 65535, or a range as "
            "\"8000-8999\"");
  EXPECT_EQ(problems(anchor() + filter("f", match, "!deny", "realm = \"x\"")),
            "m:9: filter.f.realm: has no meaning where nobody is mapped");
  EXPECT_EQ(problems(anchor() + filter("f", match, "{subject_nt_principal.short_name}")),
            "m:8: filter.f.user: needs a realm: without one, {subject_nt_principal.short_name} of "
            "any would do");
}

TEST(MapdToml, TellsOfTies) {
  const auto one =
      anchor() + filter("one", "<SUBJECT>.*,O=x<KU>cRLSign", "a", "rule = [\"r\", \"s\"]");

  EXPECT_EQ(problems(one + filter("two", "KRB5:<KU>cRLSign<SUBJECT>.*,O=x", "b", "rule = \"s\"")),
            "m:10: filter.two: is for the same certificates as one in m:4, and maps them to b "
            "rather than to a: none of the two is more specific");
  EXPECT_EQ(problems(one + filter("two", "<SUBJECT>.*,O=x<KU>cRLSign", "a", "rule = \"s\"")), "");
  EXPECT_EQ(problems(one + filter("two", "<SUBJECT>.*,O=x<KU>cRLSign", "b", "rule = \"t\"")), "")
      << "for other connections";
  EXPECT_EQ(problems(one + filter("two", "<SUBJECT>.*,O=x<KU>cRLSign", "b")), "")
      << "less specific";
  EXPECT_EQ(problems(one + filter("two", "<SUBJECT>.*,O=x<KU>cRLSign", "!deny", "rule = \"s\"")),
            "");
  const auto port = [](const std::string& ports) {
    return anchor() + filter("a", match, "a", "local_port = \"1-9\"") +
           filter("b", match, "b", "local_port = " + ports);
  };
  EXPECT_NE(problems(port("9")), "");
  EXPECT_EQ(problems(port("10")), "");
}

TEST(MapdToml, WantsAnAnchorForExtensions) {
  EXPECT_EQ(problems(anchor() + "[[sid]]\nsid = \"S-1-5-18\"\nuser = \"a\"\n"),
            "m:4: sid: no anchor has high_trust = true: this could never match");
  EXPECT_EQ(problems(anchor() + "[[upn]]\nrealm = \"x\"\n"),
            "m:4: upn: no anchor has high_trust = true: this could never match");
  EXPECT_EQ(problems(anchor("high_trust = true") + "[extension]\nhost_id_mappings = true\n"),
            "m:5: extension.host_id_mappings: needs mapd.host_ids, which says what this host is "
            "called in certificates");
  EXPECT_EQ(
      problems(anchor("high_trust = true") +
               "[[spiffe]]\nid = \"spiffe://ex.org/a\"\nuser = \"a\"\n"),
      "m:5: spiffe.id: \"spiffe://ex.org/a\" could never match: no anchor with high_trust has "
      "\"ex.org\" among its spiffe_trust_domains");
  EXPECT_EQ(problems(anchor("high_trust = true\nupn_suffixes = \"corp\"") +
                     "[[upn]]\nrealm = \"other\"\n"),
            "m:6: upn.realm: could never match: no anchor with high_trust has it among its "
            "upn_suffixes");
}

TEST(MapdToml, WantsSoundExtensions) {
  const auto trusted = anchor("high_trust = true\nspiffe_trust_domains = \"ex.org\"");

  EXPECT_EQ(problems(trusted + "[[sid]]\nsid = \"x\"\nuser = \"a/b\"\n[[sid]]\n"),
            "m:6: sid.sid: \"x\" is not as S-1-5-21-1-2-3-1001\n"
            "m:7: sid.user: cannot be the name of a user: it has '/' in it\n"
            "m:8: sid.sid: is missing: whose user is to be told\n"
            "m:8: sid.user: is missing: whose certificate it is");
  EXPECT_EQ(problems(trusted + "[[sid]]\nsid = \"S-1-5-18\"\nuser = \"a\"\n[[sid]]\nsid = "
                               "\"S-1-5-18\"\nuser = \"b\"\n"),
            "m:9: sid.sid: \"S-1-5-18\" is there already, in m:5");
  EXPECT_EQ(problems(trusted + "[[spiffe]]\nid = \"ex.org/a\"\nuser = \"a\"\n"),
            "m:6: spiffe.id: \"ex.org/a\" is not as spiffe://example.org/web");
  EXPECT_EQ(problems(trusted + "[[upn]]\n"),
            "m:5: upn.realm: is missing: names of any other would do");
  EXPECT_EQ(
      problems(trusted + "[[upn]]\nrealm = \"x\"\nuser = \"{subject_rfc822_name.short_name}\"\n"),
      "m:7: upn.user: must be made from a name as {subject_nt_principal.short_name} is");
  EXPECT_EQ(problems(trusted + "[[email]]\nrealm = \"x\"\n[[email]]\nrealm = \"X\"\n"),
            "m:8: email.realm: is there already, in m:5");
  EXPECT_EQ(problems(trusted + "[[email]]\nrealm = \"x\"\nuser = \"alice\"\n"),
            "m:7: email.user: has a realm, but takes no name from the certificate");
}

TEST(MapdToml, WantsSoundOthers) {
  EXPECT_EQ(problems("[sssd]\ndomains = { a = \"big\" }\n"),
            "m:1: sssd.enabled: is missing: true, or there is nothing to say about it\n"
            "m:2: sssd.domains: \"a\" must be \"weak\" or \"strong\"");
  EXPECT_EQ(problems("[sssd]\nenabled = true\ndomains = \"corp\"\n"),
            "m:3: sssd.domains: must be a table of up to 64 domains: { \"corp\" = \"strong\" }");
  EXPECT_EQ(problems("[[mapper]]\n"), "m:1: mapper.bus_name: is missing: each mapper has one");
  for (const char* name : {"", "mapper", "org..m", ".org.m", "org.m.", "org.1m", "org.m/x", ":1.2"})
    EXPECT_EQ(problems(fmt::format("[[mapper]]\nbus_name = \"{}\"\n", name)),
              "m:2: mapper.bus_name: must be the name of a service on the bus, as "
              "org.example.Mapper")
        << name;
  EXPECT_EQ(problems("[[mapper]]\nbus_name = \"org.ktlsctl.Mapper1\"\n"),
            "m:2: mapper.bus_name: is ktls-mapd itself");
  EXPECT_EQ(problems("[[mapper]]\nbus_name = \"a.b\"\n[[mapper]]\nbus_name = \"a.b\"\n"),
            "m:4: mapper.bus_name: is there already, in m:1");
  EXPECT_EQ(problems("[[mapper]]\nbus_name = \"a.b\"\nstrength = \"best\"\n"),
            "m:3: mapper.strength: \"best\" is not one of: weak, strong");
  EXPECT_EQ(
      problems("[accounts]\nsystem_users = [\"a:b\", 0]\nfirst_uid = 0\npam_service = \"../x\"\n"),
      "m:2: accounts.system_users: cannot be the name of a user: it has ':' in it\n"
      "m:2: accounts.system_users: must be the name of a user\n"
      "m:3: accounts.first_uid: must be a whole number from 1 to 4294967294\n"
      "m:4: accounts.pam_service: must be the name of a file in /etc/pam.d");
}

TEST(MapdToml, HasLimits) {
  std::string filters = anchor();
  for (int i = 0; i < 1001; ++i)
    filters += filter(fmt::format("f{}", i), fmt::format("<SUBJECT>CN={}", i), "a");
  EXPECT_EQ(problems(filters), "m:6004: filter: there are more than 1000 filters");
  std::string mappers;
  for (int i = 0; i < 9; ++i)
    mappers += fmt::format("[[mapper]]\nbus_name = \"a.b{}\"\n", i);
  EXPECT_EQ(problems(mappers), "m:17: mapper: there are more than 8 mappers");
}

// The text of each .EX to .EE of a manual page that is marked as an example.
std::vector<std::string> examples(std::string_view page) {
  constexpr std::string_view mark = "\n.\\\" example ";
  constexpr std::string_view begin_mark = "\n.EX\n";
  std::vector<std::string> out;
  for (auto at = page.find(mark); at != std::string_view::npos; at = page.find(mark, at + 1)) {
    const auto begin = page.find(begin_mark, at) + begin_mark.size();
    std::string text(page.substr(begin, page.find("\n.EE\n", begin) - begin));
    for (auto dash = text.find("\\-"); dash != std::string::npos; dash = text.find("\\-"))
      text.erase(dash, 1);
    out.push_back(text);
  }
  return out;
}

TEST(MapdToml, TakesTheExamplesOfItsManual) {
  const auto page = read_file(KTLS_MAPD_TOML_MANUAL, 1UL << 20).value();
  const Files named{{"/etc/ktlsd/pins", ""},
                    {"/etc/ktlsd/corp-ca.pem", pem(authority().certificate())},
                    {"/etc/ktlsd/cards-ca.pem", pem(authority().certificate())}};

  EXPECT_EQ(examples(page).size(), 3U);
  for (const auto& example : examples(page))
    EXPECT_EQ(problems(example, named), "") << example;
}

// Nothing in a file makes reading it end in anything but an error or a mapping.
TEST(MapdToml, SurvivesDamage) {
  const auto sound = anchor("high_trust = true") + filter("f", match, "a") +
                     "[[sid]]\nsid = \"S-1-5-18\"\nuser = \"a\"\n[mapd]\npins = \"/p\"\n"
                     "[sssd]\nenabled = true\n[[mapper]]\nbus_name = \"a.b\"\n";
  const Files named{{"/p", "key " + some_hash + " bob\n"}};
  ASSERT_EQ(problems(sound, named), "");

  for (std::size_t at = 0; at < sound.size(); ++at) {
    (void)parse_mapping(sound.substr(0, at), named);
    for (const char with : {'\0', '[', '"', '\n', '=', '\xff'}) {
      auto damaged = sound;
      damaged[at] = with;
      (void)parse_mapping(damaged, named);
    }
  }
}

} // namespace
} // namespace ktls::identity::test
