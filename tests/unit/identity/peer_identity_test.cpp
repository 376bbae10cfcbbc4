// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/peer_identity.hpp"

#include "identity/certificates.hpp"

namespace ktls::identity::test {
namespace {

std::string problem(const std::string& certificate) {
  const auto peer = parse(certificate);
  return peer ? "" : peer.error();
}

TEST(PeerIdentity, HasWhatTheCertificateSays) {
  const auto text = certificate(alice, {}, "\0\x9a\x01"s);
  const auto peer = read(text);

  EXPECT_EQ(peer.certificate_sha256, hash_of(text));
  EXPECT_EQ(peer.spki_sha256, hash_of(key().spki()));
  EXPECT_EQ(peer.serial, "9a01");
  EXPECT_EQ(peer.issuer, "CN=Example CA");
  EXPECT_EQ(peer.subject, "CN=alice,OU=Ops,O=Example");
  EXPECT_EQ(peer.subject_attributes.front(), (NameAttribute{"CN", "alice"}));
  EXPECT_EQ(peer.key_usage, std::nullopt);
  EXPECT_EQ(peer.upns, Fact<Texts>(Texts{}));
  EXPECT_EQ(peer.sid, Fact<std::optional<std::string>>(std::nullopt));
}

TEST(PeerIdentity, ReadsTheExtensionsOfOthers) {
  const auto peer = person(alice, {sid("S-1-5-21-1-2-3-1001"), policy(7),
                                   host_ids(host_id("HOST.EX", "ALICE") + host_id("b", "c"))});

  EXPECT_EQ(peer.sid, Fact<std::optional<std::string>>("S-1-5-21-1-2-3-1001"));
  EXPECT_EQ(peer.policies, Fact<Texts>(Texts{"1.3.6.1.4.1.99.7"}));
  EXPECT_EQ(peer.host_ids,
            Fact<std::vector<HostId>>(std::vector<HostId>{{"HOST.EX", "ALICE"}, {"b", "c"}}));
}

// As Windows writes it, from the example of KB5014754.
TEST(PeerIdentity, ReadsASidOfWindows) {
  const auto value =
      "\x30\x25\xa0\x23\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x19\x02\x01\xa0\x15\x04\x13"
      "S-1-5-21-1-2-3-1001"s;

  EXPECT_EQ(person(alice, {der::extension(identity_oid::sid, value)}).sid,
            Fact<std::optional<std::string>>("S-1-5-21-1-2-3-1001"));
}

TEST(PeerIdentity, AcceptsProofsOfHostIds) {
  const auto proof = der::sequence(der::octets("secret") + der::oid("\x2a\x03"));
  const auto with = [&](const std::string& behind) {
    return person(alice,
                  {host_ids(der::sequence(der::context(1, "h") + der::context(2, "u") + behind))})
        .host_ids.has_value();
  };

  EXPECT_TRUE(with(proof));
  EXPECT_FALSE(with(proof + proof));
  EXPECT_FALSE(with(der::octets("secret")));
}

TEST(PeerIdentity, KeepsWhichFactIsMalformed) {
  const auto broken_upn = person(alice, {names(other_name(identity_oid::upn, der::number(1)))});
  EXPECT_FALSE(broken_upn.upns.has_value());
  EXPECT_TRUE(broken_upn.principals.has_value());
  const auto broken_other = person(alice, {names(der::constructed(0, "x"))});
  EXPECT_FALSE(broken_other.upns.has_value());
  EXPECT_FALSE(broken_other.principals.has_value());
  EXPECT_FALSE(person(alice, {names(der::constructed(4, "x"))}).directory_names.has_value());
  EXPECT_FALSE(person(alice, {sid("S-1-5-21-x")}).sid.has_value());
  EXPECT_FALSE(person(alice, {sid("")}).sid.has_value());
  EXPECT_FALSE(person(alice, {host_ids("")}).host_ids.has_value());
}

TEST(PeerIdentity, TakesNoTextWithControlCharacters) {
  const auto nul = "alice\0@corp"s;
  EXPECT_FALSE(person(alice, {names(upn(nul))}).upns.has_value());
  EXPECT_FALSE(person(alice, {names(upn("a\n@corp"))}).upns.has_value());
  EXPECT_FALSE(person(alice, {names(upn("\xff@corp"))}).upns.has_value());
  EXPECT_FALSE(person(alice, {names(pkinit("al\0ice"s, "R"))}).principals.has_value());
  EXPECT_FALSE(person(alice, {names(pkinit("alice", "R\0"s))}).principals.has_value());
  EXPECT_FALSE(person(alice, {names(pkinit("alice@R", "S"))}).principals.has_value());
  EXPECT_FALSE(person(alice, {host_ids(host_id("h", "al\0ice"s))}).host_ids.has_value());
  EXPECT_FALSE(person(alice, {sid("S-1-5-21-1\0"s)}).sid.has_value());
}

TEST(PeerIdentity, IsOfNoUseWithANulInAName) {
  EXPECT_EQ(problem(certificate(name_of("alice\0.evil"s))), "has a name with a NUL in it");
  for (const auto& name : {email("a\0@ex"s), dns("a\0.ex"s), uri("spiffe://ex/\0"s)})
    EXPECT_EQ(problem(certificate(alice, {names(name)})),
              "has a malformed extension: subject alternative name");
}

TEST(PeerIdentity, IsOfNoUseWithAnExtensionTwice) {
  EXPECT_EQ(problem(certificate(alice, {sid("S-1-5-21-1"), sid("S-1-5-21-2")})),
            "has an extension twice");
  EXPECT_EQ(problem(certificate(alice, {names(upn("a@b")), names(upn("c@b"))})),
            "has an extension twice");
}

TEST(PeerIdentity, HasLimits) {
  EXPECT_EQ(problem(std::string(65'537, 'x')), "has more than 65536 bytes");
  std::string many;
  for (int i = 0; i < 129; ++i)
    many += dns("a");
  EXPECT_EQ(problem(certificate(alice, {names(many)})),
            "has more than 128 subject alternative names");
  std::string parts;
  for (int i = 0; i < 65; ++i)
    parts += der::attribute(ou, "x");
  EXPECT_EQ(problem(certificate(der::sequence(parts))), "has a name of more than 64 attributes");
  std::string hosts;
  std::string purposes;
  for (int i = 0; i < 65; ++i) {
    hosts += host_id("h", "u");
    purposes += ktls::test::extension::client_auth;
  }
  EXPECT_FALSE(person(alice, {host_ids(hosts)}).host_ids.has_value());
  EXPECT_EQ(problem(certificate(alice, {ktls::test::extension::purposes(purposes)})),
            "has more than 64 extended key usages");
}

TEST(PeerIdentity, TakesNamesOf64Kilobytes) {
  const auto peer = person(name_of(std::string(60'000, '\n')));

  EXPECT_EQ(peer.subject.size(), "CN=,OU=Ops,O=Example"s.size() + 3UL * 60'000);
}

TEST(PeerIdentity, KnowsWhatIsASid) {
  EXPECT_TRUE(is_sid("S-1-5-18"));
  EXPECT_TRUE(is_sid("S-1-5-21-3623811015-3361044348-30300820-1013"));
  for (const char* wrong : {"", "S-1-", "S-1-5", "s-1-5-18", "S-1-5-018", "S-1-5--18", "S-1-5-18-",
                            "S-1-5.18", "S-2-5-18", "S-1-5-1a", " S-1-5-18"})
    EXPECT_FALSE(is_sid(wrong)) << wrong;
  EXPECT_FALSE(is_sid("S-1-5-" + std::string(200, '1')));
}

} // namespace
} // namespace ktls::identity::test
