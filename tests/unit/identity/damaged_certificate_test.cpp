// SPDX-License-Identifier: GPL-2.0-or-later
// Certificates with each byte changed, and extensions cut off at each byte: none is taken for what
// it is not, and none that is asked for is passed over.
#include "identity/mappings.hpp"

namespace ktls::identity::test {
namespace {

struct Case {
  const char* name;
  std::string_view oid;
  std::string value; // of the extension
  std::string rules; // that map it to alice
};

std::string trusted(const std::string& rules) {
  return anchor("high_trust = true\nnames_trusted = true\npolicy_oids = \"1.3.6.1.4.1.99.1\"\n"
                "spiffe_trust_domains = \"ex.org\"") +
         rules;
}
std::string by_name(const std::string& match) {
  return trusted(filter("f", match, "alice"));
}

const std::vector<Case>& cases() {
  constexpr auto names_id = ktls::test::extension::names_id;
  static const std::vector<Case> all{
      {"SID", identity_oid::sid, sid_value("S-1-5-21-1-2-3-1001"),
       trusted("[[sid]]\nsid = \"S-1-5-21-1-2-3-1001\"\nuser = \"alice\"\n")},
      {"hostIdMappings", identity_oid::host_id_mappings, der::set(host_id("h.ex", "alice")),
       trusted("[mapd]\nhost_ids = \"h.ex\"\n[extension]\nhost_id_mappings = true\n")},
      {"SPIFFE", names_id, der::sequence(uri("spiffe://ex.org/alice")),
       trusted("[[spiffe]]\nid = \"spiffe://ex.org/alice\"\nuser = \"alice\"\n")},
      {"UPN", names_id, der::sequence(upn("alice@corp")),
       by_name("<SAN:ntPrincipalName>alice@corp")},
      {"PKINIT", names_id, der::sequence(pkinit("alice", "EX")), by_name("<SAN:pkinit>alice@EX")},
      {"e-mail", names_id, der::sequence(email("alice@ex")), by_name("<SAN:rfc822Name>alice@ex")},
      {"directory", names_id, der::sequence(der::constructed(4, alice)),
       by_name("<SAN:directoryName>CN=alice,OU=Ops,O=Example")},
  };
  return all;
}

std::string with(const Case& one, const std::string& value) {
  return certificate(alice, {der::extension(one.oid, value), policy(1)});
}
// "invalid", or as said()
std::string said_of(const std::string& certificate, const Mapping& mapping) {
  const auto peer = parse(certificate);
  return peer ? said(mapping.map(*peer, context())) : "invalid";
}

TEST(DamagedCertificates, AreSoundToBeginWith) {
  for (const auto& one : cases())
    EXPECT_EQ(said_of(with(one, one.value), mapping(one.rules)), "match alice strong") << one.name;
}

TEST(DamagedCertificates, AreNotPassedOverWhenCutOff) {
  for (const auto& one : cases()) {
    const auto rules = mapping(one.rules);
    for (std::size_t size = 0; size < one.value.size(); ++size) {
      const auto found = said_of(with(one, one.value.substr(0, size)), rules);
      EXPECT_TRUE(found == "error" || found == "invalid")
          << one.name << " " << size << " " << found;
    }
    const auto found = said_of(with(one, one.value + "x"), rules);
    EXPECT_TRUE(found == "error" || found == "invalid") << one.name << " " << found;
  }
}

// All that could name somebody.
bool is_same_person(const PeerIdentity& a, const PeerIdentity& b) {
  return a.sid == b.sid && a.host_ids == b.host_ids && a.uris == b.uris && a.upns == b.upns &&
         a.principals == b.principals && a.emails == b.emails &&
         a.directory_names == b.directory_names;
}

// hostIdMappings alone have the user in them: another one, if that is what is damaged.
bool is_user_of_host_id(const PeerIdentity& peer, const std::string& user) {
  return peer.host_ids == Fact<std::vector<HostId>>(std::vector<HostId>{{"h.ex", user}});
}

TEST(DamagedCertificates, AreOfThatPersonOrOfNobody) {
  for (const auto& one : cases()) {
    const auto rules = mapping(one.rules);
    const auto sound = with(one, one.value);
    const auto original = read(sound);
    for (std::size_t at = 0; at < sound.size(); ++at) {
      for (const int change : {0x01, 0x02, 0x10, 0x80, 0xff}) {
        auto damaged = sound;
        damaged[at] = static_cast<char>(damaged[at] ^ change);
        const auto peer = parse(damaged);
        const auto answer = peer ? rules.map(*peer, context()) : Answer{};
        const bool is_sound = answer.result != StepResult::Match ||
                              (answer.user == "alice" && is_same_person(*peer, original)) ||
                              is_user_of_host_id(*peer, answer.user);
        ASSERT_TRUE(is_sound) << one.name << " " << at << " " << change;
      }
    }
  }
}

TEST(DamagedCertificates, AreOfNoUseWhenCutOff) {
  const auto& one = cases().front();
  const auto sound = with(one, one.value);
  const auto rules = mapping(one.rules);

  for (std::size_t size = 0; size < sound.size(); ++size)
    ASSERT_EQ(said_of(sound.substr(0, size), rules), "invalid") << size;
  EXPECT_EQ(said_of(sound + "x", rules), "invalid");
}

// Of the values alone, each two bytes that could be a tag and a length.
TEST(DamagedCertificates, HaveValuesOfAnyTagAndLength) {
  for (const auto& one : cases()) {
    const auto rules = mapping(one.rules);
    for (std::size_t at = 0; at + 1 < one.value.size(); ++at) {
      for (const auto& odd : {"\x30\x80"s, "\x30\x84"s, "\xa0\xff"s, "\x1f\x81"s, "\x04\x00"s}) {
        auto damaged = one.value;
        damaged.replace(at, 2, odd);
        const auto found = said_of(with(one, damaged), rules);
        ASSERT_NE(found, "match alice strong") << one.name << " " << at;
      }
    }
  }
}

} // namespace
} // namespace ktls::identity::test
