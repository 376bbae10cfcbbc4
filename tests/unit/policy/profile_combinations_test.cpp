// SPDX-License-Identifier: GPL-2.0-or-later
// Which keys of a profile go together, what has to be there, and what is inherited.
#include "policy/profile_checks.hpp"

#include "parsing.hpp"

namespace ktls::policy {
namespace {

using ipc::HandshakeRole;
using test::client;
using test::problems;
using test::server;

std::string profile(const std::string& name, const std::string& lines) {
  return fmt::format("[profile.{}]\n{}\n", name, lines);
}

const std::string base =
    test::credential("x") + profile("base", "handshake_role = \"server-with-client-auth\"\n"
                                            "credentials = \"x\"\ntruststore = \"/ca\"");

// The one that is called so.
ProfileSettings called(const std::string& name, const std::string& text) {
  const auto policy = test::read(text);
  const auto& all = policy.profiles();
  return *std::find_if(all.begin(), all.end(),
                       [&](const ProfileSettings& one) { return one.name == name; });
}

struct RefusedProfile {
  std::string text;
  std::string problem;
};
class EachIncompleteProfile : public testing::TestWithParam<RefusedProfile> {};

TEST_P(EachIncompleteProfile, IsRefused) {
  EXPECT_EQ(problems(GetParam().text), GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    Profile, EachIncompleteProfile,
    testing::Values(
        RefusedProfile{"[profile.p]",
                       "f:1: profile.p.handshake_role: is missing: \"client\", \"server\" or "
                       "\"server-with-client-auth\""},
        RefusedProfile{
            profile("p", "handshake_role = \"client\""),
            "f:1: profile.p.truststore: is missing: without it no server can be verified"},
        RefusedProfile{
            profile("p", "handshake_role = \"client\"\nserver_verification = \"chain\""),
            "f:1: profile.p.truststore: is missing: without it no server can be verified"},
        RefusedProfile{
            profile("p", "handshake_role = \"server\""),
            "f:1: profile.p.credentials: is missing: a server has to present a certificate"},
        RefusedProfile{
            profile("p", "handshake_role = \"server-with-client-auth\"\ntruststore = \"/ca\""),
            "f:1: profile.p.credentials: is missing: a server has to present a certificate"},
        RefusedProfile{
            test::credential("x") + profile("p", "handshake_role = \"server-with-client-auth\"\n"
                                                 "credentials = \"x\""),
            "f:4: profile.p.truststore: is missing: without it no client can be verified"}));

TEST(PassThru, NeedsNoTruststore) {
  EXPECT_EQ(problems(test::credential("x") +
                     profile("p", "handshake_role = \"server-with-client-auth\"\n"
                                  "credentials = \"x\"\nclient_auth_type = \"passthru\"")),
            "");
}

class EachWrongPair : public testing::TestWithParam<RefusedProfile> {};

TEST_P(EachWrongPair, IsRefused) {
  const auto found = problems(GetParam().text);
  EXPECT_NE(("\n" + found + "\n").find("\n" + GetParam().problem + "\n"), std::string::npos)
      << found;
}

std::string plain_server(const std::string& line) {
  return test::credential("x") +
         profile("s", "handshake_role = \"server\"\ncredentials = \"x\"\n" + line);
}

constexpr const char* judged = "counts only where a certificate is asked for";

INSTANTIATE_TEST_SUITE_P(
    Profile, EachWrongPair,
    testing::Values(
        RefusedProfile{client("client_auth_type = \"full\""),
                       "f:4: profile.c.client_auth_type: counts only with handshake_role = "
                       "\"server-with-client-auth\""},
        RefusedProfile{client("session_tickets = true"),
                       "f:4: profile.c.session_tickets: counts only for servers"},
        RefusedProfile{client("tags = \"a\""), "f:4: profile.c.tags: counts only for servers"},
        RefusedProfile{client("revocation_security_level = \"low\""),
                       "f:4: profile.c.revocation_security_level: counts only with crls"},
        RefusedProfile{
            client("server_verification = \"none\"\ncrls = \"/crl\""),
            "f:5: profile.c.crls: does not go with server_verification: no certificate is "
            "validated"},
        RefusedProfile{
            client("server_verification = \"none\"\nrequire_ocsp_staple = true"),
            "f:5: profile.c.require_ocsp_staple: does not go with server_verification: no "
            "certificate is validated"},
        RefusedProfile{client("psk_identity = \"a\""),
                       "f:4: profile.c.psk_identity: counts only with psk_file"},
        RefusedProfile{server("psk_identity = \"a\""),
                       "f:8: profile.s.psk_identity: counts only with handshake_role = \"client\""},
        RefusedProfile{server("server_name = \"a.b\""),
                       "f:8: profile.s.server_name: counts only with handshake_role = \"client\""},
        RefusedProfile{
            server("server_verification = \"chain\""),
            "f:8: profile.s.server_verification: counts only with handshake_role = \"client\""},
        RefusedProfile{
            server("require_ocsp_staple = true"),
            "f:8: profile.s.require_ocsp_staple: counts only with handshake_role = \"client\""},
        RefusedProfile{
            server("client_auth_type = \"passthru\"\ncrls = \"/crl\""),
            "f:9: profile.s.crls: does not go with client_auth_type: no certificate is validated"},
        RefusedProfile{
            server("ClientAuthType = \"passthru\"\ntrust_intermediates = true"),
            "f:9: profile.s.trust_intermediates: does not go with ClientAuthType: no certificate "
            "is validated"},
        RefusedProfile{plain_server("client_auth_type = \"full\""),
                       "f:7: profile.s.client_auth_type: counts only with handshake_role = "
                       "\"server-with-client-auth\""},
        RefusedProfile{plain_server("truststore = \"/ca\""),
                       fmt::format("f:7: profile.s.truststore: {}", judged)},
        RefusedProfile{plain_server("crls = \"/ca\""),
                       fmt::format("f:7: profile.s.crls: {}", judged)},
        RefusedProfile{plain_server("pins = \"" + std::string(64, '0') + "\""),
                       fmt::format("f:7: profile.s.pins: {}", judged)},
        RefusedProfile{plain_server("min_peer_rsa_bits = 3072"),
                       fmt::format("f:7: profile.s.min_peer_rsa_bits: {}", judged)}));

class EachCertificateKey : public testing::TestWithParam<const char*> {};

TEST_P(EachCertificateKey, DoesNotGoWithAPreSharedKey) {
  const std::string line = GetParam();
  const auto key = line.substr(0, line.find(' '));

  for (const std::string role : {"client", "server"}) {
    for (const std::string psk : {"psk_file = \"/psk\"", "psk = \"keyring\""}) {
      const auto found =
          problems(test::credential("x") +
                   profile("p", fmt::format("handshake_role = \"{}\"\n{}\n{}", role, psk, line)));
      EXPECT_NE(found.find(fmt::format("f:7: profile.p.{}: does not go with psk", key)),
                std::string::npos)
          << found;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Psk, EachCertificateKey,
    testing::Values("credentials = \"x\"", "truststore = \"/ca\"", "crls = \"/crl\"",
                    "client_auth_type = \"full\"", "signature_algorithms = [\"ed25519\"]",
                    "session_tickets = true", "versions = [\"1.3\"]", "tags = [\"a\"]",
                    "trust_intermediates = true", "require_ocsp_staple = true",
                    "server_verification = \"chain\"", "revocation_security_level = \"low\"",
                    "pins = [\"0000\"]", "min_peer_rsa_bits = 2048", "min_peer_ec_bits = 256"));

TEST(PskRole, IsClientOrServer) {
  EXPECT_EQ(problems(profile("p", "handshake_role = \"server-with-client-auth\"\n"
                                  "psk_file = \"/psk\"")),
            "f:2: profile.p.handshake_role: does not go with psk_file: no certificate is asked "
            "for; it is \"client\" or \"server\"");
}

TEST(PskKey, IsOfOneKind) {
  EXPECT_EQ(problems(profile("p", "handshake_role = \"client\"\npsk_file = \"/psk\"\n"
                                  "psk = \"keyring\"")),
            "f:4: profile.p.psk: does not go with psk_file: it is the one or the other");
  EXPECT_EQ(problems(profile("p", "handshake_role = \"client\"\npsk = \"file\"")),
            "f:3: profile.p.psk: \"file\" is not one of: keyring");
}

TEST(PskKey, LeavesOtherKeys) {
  EXPECT_EQ(problems(profile("p", "handshake_role = \"server\"\npsk_file = \"/psk\"\n"
                                  "alpn = [\"h2\"]\nciphers = [\"aes-128-gcm\"]\n"
                                  "groups = [\"x25519\"]\nallowed_users = 1")),
            "");
}

TEST(KeyringKey, IsForNoApplication) {
  EXPECT_EQ(problems(profile("p", "handshake_role = \"client\"\npsk = \"keyring\"\n"
                                  "allowed_users = 1")),
            "f:4: profile.p.allowed_users: does not go with psk = \"keyring\", which only services "
            "in the kernel use");
  EXPECT_EQ(problems(profile("p", "handshake_role = \"client\"\npsk = \"keyring\"\n"
                                  "psk_identity = \"a\"")),
            "f:4: profile.p.psk_identity: counts only with psk_file");
}

TEST(Inheritance, GivesWhatIsNotSaid) {
  const auto heir = called("heir", base + profile("heir", "inherits = \"base\"\n"
                                                          "truststore = \"/other\"\n"
                                                          "client_auth_type = \"full\""));

  EXPECT_EQ(heir.inherits, "base");
  EXPECT_EQ(heir.where, "f:8");
  EXPECT_EQ(heir.role, HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(heir.client_auth_type, ipc::ClientAuthType::Full);
  EXPECT_EQ(heir.credentials, std::vector<std::size_t>{0});
  ASSERT_EQ(heir.truststore.size(), 1U);
  EXPECT_EQ(heir.truststore[0].path, "/other");
  EXPECT_EQ(called("base", base).client_auth_type, ipc::ClientAuthType::Required);
}

TEST(Inheritance, GoesOnForSomeGenerations) {
  std::string text = base + profile("p1", "inherits = \"base\"\nalpn = \"one\"");
  for (int i = 2; i <= 8; ++i)
    text += profile(fmt::format("p{}", i), fmt::format("inherits = \"p{}\"", i - 1));

  EXPECT_EQ(called("p8", text).alpn, std::vector<std::string>{"one"});
  EXPECT_EQ(called("p8", text).truststore.at(0).where, "f:7");
  EXPECT_EQ(problems(text + profile("p9", "inherits = \"p8\"")),
            "f:26: profile.p9.inherits: there are more than 8 profiles in a row");
}

TEST(Inheritance, MayBeFromWhatComesLaterAndFromOtherFiles) {
  const auto policy = test::parse({{"a", profile("heir", "inherits = \"base\"")}, {"b", base}});

  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->profiles().at(0).truststore.at(0).where, "b:7");
}

TEST(Inheritance, DoesNotGoRound) {
  EXPECT_EQ(problems(profile("p", "inherits = \"p\"")),
            "f:2: profile.p.inherits: in the end it inherits from itself");
  EXPECT_EQ(problems(profile("a", "inherits = \"b\"") + profile("b", "inherits = \"c\"") +
                     profile("c", "inherits = \"b\"")),
            "f:4: profile.b.inherits: in the end it inherits from itself\n"
            "f:6: profile.c.inherits: in the end it inherits from itself");
}

TEST(Inheritance, ThatCannotBeToldHidesNoErrors) {
  EXPECT_EQ(
      problems(profile("a", "inherits = \"b\"\nalpn = 1\nrevocation_security_level = \"low\"\n"
                            "min_peer_rsa_bits = 8192")),
      "f:2: profile.a.inherits: there is no profile \"b\"; is it a?\n"
      "f:3: profile.a.alpn: must be a string of 1 to 255 bytes");
}

TEST(Inheritance, LeavesErrorsWhereTheyStand) {
  EXPECT_EQ(problems(base + "min_peer_ec_bits = 1\n" + profile("heir", "inherits = \"base\"")),
            "f:8: profile.base.min_peer_ec_bits: must be a whole number from 192 to 521");
}

TEST(Inheritance, IsLeftBehindWhereItDoesNotGoWithWhatIsSaid) {
  const auto open = called("open", base + "pins = \"" + std::string(64, '0') + "\"\n" +
                                       profile("open", "inherits = \"base\"\n"
                                                       "handshake_role = \"server\""));
  EXPECT_TRUE(open.truststore.empty());
  EXPECT_TRUE(open.verification.pins.empty());
  EXPECT_EQ(open.credentials.size(), 1U);

  const auto psk = called("psk", base + profile("psk", "inherits = \"base\"\npsk_file = \"/psk\"\n"
                                                       "handshake_role = \"server\""));
  EXPECT_TRUE(psk.credentials.empty());
  EXPECT_TRUE(psk.truststore.empty());

  const auto passthru =
      called("any", base + "crls = \"/crl\"\n" +
                        profile("any", "inherits = \"base\"\nclient_auth_type = \"passthru\""));
  EXPECT_TRUE(passthru.crls.empty());
  EXPECT_EQ(passthru.verification.revocation, ipc::RevocationLevel::None);
}

TEST(Inheritance, DoesNotTakeAwayWhatIsSaid) {
  EXPECT_EQ(problems(profile("base", "handshake_role = \"client\"\npsk_file = \"/psk\"") +
                     profile("heir", "inherits = \"base\"\ntruststore = \"/ca\"")),
            "f:6: profile.heir.truststore: does not go with psk_file: a pre-shared key "
            "authenticates both ends, in TLS 1.3");
}

TEST(Inheritance, NamesTheHeirThatADisputeIsAbout) {
  EXPECT_EQ(problems(profile("base", "handshake_role = \"client\"\ntruststore = \"/ca\"\n"
                                     "max_peer_rsa_bits = 2048") +
                     profile("heir", "inherits = \"base\"\nmin_peer_rsa_bits = 3072")),
            "f:7: profile.heir.min_peer_rsa_bits: at least 3072 and at most 2048 bits: no RSA key "
            "is of that size");
  EXPECT_EQ(problems(profile("base", "handshake_role = \"client\"\ntruststore = \"/ca\"\n"
                                     "crls = \"/c\"\nrevocation_security_level = \"low\"") +
                     profile("heir", "inherits = \"base\"\ntags = \"a\"")),
            "f:8: profile.heir.tags: counts only for servers");
}

TEST(Credentials, AreNamed) {
  EXPECT_EQ(problems(profile("p", "handshake_role = \"server\"\ncredentials = \"hots\"") +
                     test::credential("host")),
            "f:3: profile.p.credentials: there is no credential \"hots\"; is it host?");
  EXPECT_EQ(problems(profile("p", "handshake_role = \"server\"\ncredentials = [\"x\", \"x\"]") +
                     test::credential("x")),
            "f:3: profile.p.credentials: is given twice");
  EXPECT_EQ(problems(profile("p", "handshake_role = \"server\"\ncredentials = 1")),
            "f:3: profile.p.credentials: must be the name of a credential");
}

TEST(Credentials, AreOnlySoManyCertificates) {
  std::string text;
  for (int i = 0; i < 65; ++i)
    text += fmt::format("[[credential.{}]]\ncertificate = \"/c\"\nprivate_key = \"/k\"\n",
                        i < 64 ? "many" : "more");

  EXPECT_EQ(problems(text + profile("p", "handshake_role = \"server\"\ncredentials = \"many\"")),
            "");
  EXPECT_EQ(problems(text + profile("p", "handshake_role = \"server\"\n"
                                         "credentials = [\"many\", \"more\"]")),
            "f:198: profile.p.credentials: 65 certificates are too many: at most 64");
}

// Which of the two is meant, nobody can tell: what goes with neither, or is missing for one, is no
// error of its own; nor for an heir.
TEST(Profile, SaysOnceThatARoleIsGivenTwice) {
  const std::string twice = "f:2: profile.p.handshake_role: is the same as HandshakeRole, which is "
                            "in this table, too";
  const std::string lines = "handshake_role = \"client\"\nHandshakeRole = \"Server\"\n"
                            "truststore = \"/ca\"";

  EXPECT_EQ(problems(profile("p", lines)), twice);
  EXPECT_EQ(problems(profile("p", lines) + profile("heir", "inherits = \"p\"")), twice);
}

} // namespace
} // namespace ktls::policy
