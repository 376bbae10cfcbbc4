// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/mapping.hpp"

#include "identity/mappings.hpp"

namespace ktls::identity::test {
namespace {

const std::string sid_text = "S-1-5-21-1-2-3-1001";

// Each source has another user for this one.
const std::string& person_with_sid() {
  static const std::string one = certificate(alice, {sid(sid_text)});
  return one;
}
std::string configuration(const std::string& mapd = "") {
  return "[mapd]\npins = \"/pins\"\n" + mapd + "\n" + anchor("high_trust = true") +
         filter("f", "<SUBJECT>CN=alice.*", "filtered") +
         fmt::format("[[sid]]\nsid = \"{}\"\nuser = \"extended\"\n", sid_text);
}
Answer answer(const std::string& mapd, const std::string& pins,
              const std::string& of = person_with_sid()) {
  return mapping(configuration(mapd), {{"/pins", pins}}).map(read(of), context());
}
// "pin:no-match filter:match"
std::string steps(const Answer& answer) {
  std::string out;
  for (const auto& step : answer.steps)
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", step.source, name_of(step.result));
  return out;
}

TEST(Mapping, AsksPinsThenFiltersThenExtensions) {
  EXPECT_EQ(said(answer("", key_pin("pinned"))), "match pinned strong");
  EXPECT_EQ(said(answer("", "")), "match filtered weak");
  EXPECT_EQ(said(answer("", "", certificate(name_of("bob"), {sid(sid_text)}))),
            "match extended strong");
  EXPECT_EQ(said(answer("", "", certificate(name_of("bob")))), "no-match");
}

TEST(Mapping, TellsOfEachStepUpToTheLast) {
  EXPECT_EQ(steps(answer("", key_pin("pinned"))), "pin:match");
  EXPECT_EQ(steps(answer("", "")), "pin:no-match filter:match");
  EXPECT_EQ(steps(answer("", "", certificate(name_of("bob")))),
            "pin:no-match filter:no-match extension:no-match");
}

TEST(Mapping, GoesNoFurtherThanADenialOrAnError) {
  EXPECT_EQ(steps(answer("", key_pin("!deny"))), "pin:deny");
  EXPECT_EQ(said(answer("", key_pin("!deny"))), "deny");
  const auto endless = name_of(std::string(2000, 'a'));
  EXPECT_EQ(steps(answer("", "", certificate(endless, {sid(sid_text)}))),
            "pin:no-match filter:error");
  const auto broken = certificate(name_of("bob"), {sid("x")});
  EXPECT_EQ(said(answer("", "", broken)), "error");
  EXPECT_EQ(said(answer("", key_pin("pinned"), broken)), "match pinned strong") << "not asked";
}

TEST(Mapping, AsksOnlyTheSourcesThatAreListed) {
  const auto only = answer("sources = [\"pin\", \"extension\"]", "");

  EXPECT_EQ(said(only), "match extended strong");
  EXPECT_EQ(steps(only), "pin:no-match filter:skipped extension:match");
}

TEST(Mapping, WithoutAnythingMapsNobody) {
  EXPECT_EQ(said("", read(person_with_sid())), "no-match");
  EXPECT_EQ(steps(map("", read(person_with_sid()))),
            "pin:skipped filter:skipped extension:skipped");
}

TEST(Mapping, GoesByCertificatesOfAnchorsInFiles) {
  const auto text = pem(authority().certificate());
  const auto rules =
      "[anchor.ca]\ncertificate = \"/ca.pem\"\n" + filter("f", "<SUBJECT>.*", "alice");

  EXPECT_EQ(said(mapping(rules, {{"/ca.pem", text}}).map(read(person_with_sid()), context())),
            "match alice weak");
  EXPECT_EQ(problems(rules, {{"/ca.pem", text + text}}),
            "m:2: anchor.ca.certificate: /ca.pem: must have one certificate, that of the anchor");
  EXPECT_EQ(problems(rules), "m:2: anchor.ca.certificate: /ca.pem: No such file or directory");
  EXPECT_NE(problems(rules, {{"/ca.pem", "x"}}), "");
}

TEST(Mapping, ShowsWhatIsInForce) {
  const auto shown =
      mapping(configuration() + "[sssd]\nenabled = true\ndomains = { corp = \"strong\" }\n"
                                "[[mapper]]\nbus_name = \"org.ex.M\"\n",
              {{"/pins", key_pin("bob")}})
          .text();

  const auto anchor_key = policy::pin_text(anchor_spki());
  EXPECT_EQ(shown, "[mapd]\n"
                   "sources = [\"pin\", \"filter\", \"extension\", \"sssd\", \"mapper\"]\n"
                   "max_in_flight = 256\n"
                   "pins = \"/pins\"\n"
                   "# 1 pins\n"
                   "# " +
                       key_pin("bob") +
                       "\n[anchor.ca] # m:4\n"
                       "spki_sha256 = \"" +
                       anchor_key +
                       "\"\n"
                       "high_trust = true\n"
                       "names_trusted = false\n"
                       "# the most specific filter first\n"
                       "\n[[filter]] # m:7\n"
                       "name = \"f\"\n"
                       "anchor = \"ca\"\n"
                       "match = \"<SUBJECT>CN=alice.*\"\n"
                       "user = \"filtered\"\n"
                       "\n[[sid]] # m:13\n"
                       "sid = \"S-1-5-21-1-2-3-1001\"\n"
                       "user = \"extended\"\n"
                       "\n[sssd]\n"
                       "enabled = true\n"
                       "domains.\"corp\" = \"strong\"\n"
                       "\n[[mapper]] # m:19\n"
                       "bus_name = \"org.ex.M\"\n"
                       "strength = \"weak\"\n"
                       "\n[accounts]\n"
                       "first_uid = 1000\n"
                       "password_lock_revokes = false\n"
                       "nologin_shell_revokes = false\n");
}

// What is shown can be read again, and is shown so.
TEST(Mapping, ShowsWhatCanBeRead) {
  const auto text =
      anchor("high_trust = true\nnames_trusted = true\npolicy_oids = \"1.2.3\"\n"
             "upn_suffixes = [\"Corp\", \"ex\"]\nspiffe_trust_domains = \"ex.org\"") +
      filter("f", "KRB5:<SUBJECT>[\"]x\\\\,.*", "a-{subject_nt_principal.short_name}",
             "realm = \"corp\"\nrule = [\"r\", \"s\"]\nlocal_port = [443, \"8000-8999\"]\n"
             "server_name = [\"*.ex.org\", \"ex.org\"]") +
      filter("d", "<EKU>clientAuth", "!deny") +
      "[mapd]\nhost_ids = \"h\"\n[extension]\nhost_id_mappings = true\n"
      "[[spiffe]]\nid = \"spiffe://ex.org/a\"\nuser = \"a\"\n[[upn]]\nrealm = \"ex\"\n"
      "[[email]]\nrealm = \"ex\"\nuser = \"x{subject_rfc822_name.short_name}\"\n"
      "[accounts]\nsystem_users = [\"backup\"]\npam_service = \"ktlsd\"\n";
  const auto without_places = [](const std::string& shown) {
    std::string out;
    for (std::size_t at = 0; at < shown.size();) {
      const auto end = shown.find('\n', at);
      const auto line = shown.substr(at, end - at);
      out += line.substr(0, line.find(" # m:")) + "\n";
      at = end + 1;
    }
    return out;
  };
  const auto once = mapping(text).text();

  EXPECT_EQ(without_places(mapping(once).text()), without_places(once));
}

} // namespace
} // namespace ktls::identity::test
