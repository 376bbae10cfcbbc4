// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of [profile.NAME], one by one.
#include "policy/profile_table.hpp"

#include "parsing.hpp"
#include "policy/show.hpp"

namespace ktls::policy {
namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;
using ipc::Proof;
using ipc::RevocationLevel;
using std::chrono::seconds;
using test::client;
using test::problems;
using test::profile_of;
using test::server;
using Names = std::vector<std::string>;

std::string psk_client(const std::string& lines) {
  return "[profile.c]\nhandshake_role = \"client\"\npsk_file = \"/psk\"\n" + lines + "\n";
}

std::string strings(std::size_t count, const std::string& each = "x") {
  return fmt::format("[{}]", fmt::join(std::vector(count, "\"" + each + "\""), ", "));
}

TEST(Profile, HasDefaults) {
  const auto profile = profile_of(client(""));

  EXPECT_EQ(profile.name, "c");
  EXPECT_EQ(profile.inherits, "");
  EXPECT_EQ(profile.where, "f:1");
  EXPECT_EQ(profile.role, HandshakeRole::Client);
  EXPECT_TRUE(profile.credentials.empty());
  EXPECT_EQ(profile.truststore.at(0).path, "/ca");
  EXPECT_EQ(profile.truststore.at(0).where, "f:3");
  EXPECT_TRUE(profile.crls.empty());
  EXPECT_EQ(profile.verification, ipc::Verification());
  EXPECT_EQ(profile.verification.proof, Proof::Name);
  EXPECT_EQ(profile.psk, PskKind::None);
  EXPECT_EQ(profile.server_name, "");
  EXPECT_TRUE(profile.tls12);
  EXPECT_TRUE(profile.tls13);
  EXPECT_TRUE(profile.ciphers.names.empty());
  EXPECT_TRUE(profile.groups.names.empty());
  EXPECT_TRUE(profile.signature_algorithms.names.empty());
  EXPECT_TRUE(profile.alpn.empty());
  EXPECT_FALSE(profile.session_tickets);
  EXPECT_EQ(profile.peer_limits, (ipc::PeerLimits{10, 32'768, 4096, 32}));
  EXPECT_EQ(profile.handshake_timeout, seconds(10));
  EXPECT_EQ(profile.first_byte_timeout, seconds(10));
}

TEST(Profile, IsOfAServer) {
  const auto profile = profile_of(server(""));

  EXPECT_EQ(profile.role, HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(profile.client_auth_type, ClientAuthType::Required);
  EXPECT_EQ(profile.credentials, std::vector<std::size_t>{0});
  EXPECT_EQ(profile.verification.proof, Proof::Chain);
}

TEST(HandshakeRole, IsOneOfThree) {
  const auto role = [](const std::string& name) {
    return profile_of(test::credential("x") + "[profile.p]\ncredentials = \"x\"\n" +
                      (name == "server" || name == "SERVER" ? "" : "truststore = \"/ca\"\n") +
                      "handshake_role = \"" + name + "\"")
        .role;
  };

  EXPECT_EQ(role("client"), HandshakeRole::Client);
  EXPECT_EQ(role("server"), HandshakeRole::Server);
  EXPECT_EQ(role("server-with-client-auth"), HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(role("Client"), HandshakeRole::Client);
  EXPECT_EQ(role("SERVER"), HandshakeRole::Server);
  EXPECT_EQ(role("ServerWithClientAuth"), HandshakeRole::ServerWithClientAuth);
}

TEST(ClientAuthType, IsOneOfFour) {
  const auto type = [](const std::string& name) {
    return profile_of(server("client_auth_type = \"" + name + "\""));
  };

  EXPECT_EQ(type("passthru").client_auth_type, ClientAuthType::PassThru);
  EXPECT_EQ(type("passthru").verification.proof, Proof::Nothing);
  EXPECT_EQ(type("full").client_auth_type, ClientAuthType::Full);
  EXPECT_EQ(type("full").verification.proof, Proof::Chain);
  EXPECT_EQ(type("required").client_auth_type, ClientAuthType::Required);
  EXPECT_EQ(type("safcheck").client_auth_type, ClientAuthType::SafCheck);
  EXPECT_EQ(type("SAFCheck").client_auth_type, ClientAuthType::SafCheck);
}

TEST(ServerVerification, IsOneOfThree) {
  const auto proof = [](const std::string& name) {
    return profile_of(client("server_verification = \"" + name + "\"")).verification.proof;
  };

  EXPECT_EQ(proof("name"), Proof::Name);
  EXPECT_EQ(proof("chain"), Proof::Chain);
  EXPECT_EQ(proof("none"), Proof::Nothing);
  EXPECT_EQ(problems("[profile.c]\nhandshake_role = \"client\"\nserver_verification = \"none\""),
            "");
}

TEST(Revocation, IsHighWhereThereAreLists) {
  const auto level = [](const std::string& lines) {
    return profile_of(client(lines)).verification.revocation;
  };

  EXPECT_EQ(level(""), RevocationLevel::None);
  EXPECT_EQ(level("crls = \"/crl\""), RevocationLevel::High);
  EXPECT_EQ(level("crls = \"/crl\"\nrevocation_security_level = \"low\""), RevocationLevel::Low);
  EXPECT_EQ(level("crls = \"/crl\"\nRevocationSecurityLevel = \"Medium\""),
            RevocationLevel::Medium);
}

TEST(Verification, HasItsOwnKeys) {
  const auto verification = profile_of(client("trust_intermediates = true\n"
                                              "require_ocsp_staple = true\n"
                                              "min_peer_rsa_bits = 1024\n"
                                              "min_peer_ec_bits = 521"))
                                .verification;

  EXPECT_TRUE(verification.trust_intermediates);
  EXPECT_TRUE(verification.require_ocsp_staple);
  EXPECT_EQ(verification.min_rsa_bits, 1024U);
  EXPECT_EQ(verification.min_ec_bits, 521U);
  EXPECT_EQ(profile_of(client("PeerMinECCKeySize = 192")).verification.min_ec_bits, 192U);
  EXPECT_EQ(profile_of(client("PeerMinRsaKeySize = 3072")).verification.min_rsa_bits, 3072U);
}

TEST(Truststore, IsAListOfFilesDirectoriesAndTheSystems) {
  const auto store = profile_of("[profile.c]\nhandshake_role = \"client\"\ntruststore = [\n"
                                "\"/a\",\n\"credential:b\", \"system\"]")
                         .truststore;

  ASSERT_EQ(store.size(), 3U);
  EXPECT_EQ(store[0].path, "/a");
  EXPECT_EQ(store[0].where, "f:4");
  EXPECT_EQ(store[1].path, "credential:b");
  EXPECT_EQ(store[1].where, "f:5");
  EXPECT_EQ(store[2].path, system_truststore);
}

TEST(Pins, AreHexadecimalOrAsCurlWritesThem) {
  const std::string hex(64, 'a');
  const auto pins =
      profile_of(client("pins = [\"" + hex + "\", \"sha256//" + std::string(43, 'A') + "=\"]"))
          .verification.pins;

  ASSERT_EQ(pins.size(), 2U);
  EXPECT_EQ(pins[0].at(31), 0xaa);
  EXPECT_EQ(pins[1], ipc::SpkiHash());
}

TEST(Session, HasItsOwnKeys) {
  const auto profile = profile_of(server("versions = \"1.3\"\n"
                                         "ciphers = [\"aes-128-gcm\"]\n"
                                         "groups = [\"x25519\", \"secp256r1\"]\n"
                                         "signature_algorithms = \"ed25519\"\n"
                                         "alpn = [\"h2\", \"http/1.1\"]\n"
                                         "session_tickets = true\n"
                                         "tags = [\"a-b_1\", \"c\"]"));

  EXPECT_FALSE(profile.tls12);
  EXPECT_TRUE(profile.tls13);
  EXPECT_EQ(profile.ciphers.names, Names{"aes-128-gcm"});
  EXPECT_EQ(profile.ciphers.where, "f:9");
  EXPECT_EQ(profile.groups.names, (Names{"x25519", "secp256r1"}));
  EXPECT_EQ(profile.groups.where, "f:10");
  EXPECT_EQ(profile.signature_algorithms.names, Names{"ed25519"});
  EXPECT_EQ(profile.signature_algorithms.where, "f:11");
  EXPECT_EQ(profile.alpn, (Names{"h2", "http/1.1"}));
  EXPECT_TRUE(profile.session_tickets);
  EXPECT_EQ(profile.tags, (Names{"a-b_1", "c"}));
}

TEST(Versions, AreOneOrBoth) {
  const auto versions = [](const std::string& list) {
    const auto profile = profile_of(client("versions = " + list));
    return std::pair(profile.tls12, profile.tls13);
  };

  EXPECT_EQ(versions("[\"1.3\"]"), std::pair(false, true));
  EXPECT_EQ(versions("\"1.2\""), std::pair(true, false));
  EXPECT_EQ(versions("[\"1.2\", \"1.3\"]"), std::pair(true, true));
}

TEST(Psk, IsAFileOrTheKernelsKeyrings) {
  const auto file = profile_of(psk_client("psk_identity = \"alice\""));
  EXPECT_EQ(file.psk, PskKind::File);
  EXPECT_EQ(file.psk_file->path, "/psk");
  EXPECT_EQ(file.psk_file->where, "f:3");
  EXPECT_EQ(file.psk_identity, "alice");

  const auto keyring = profile_of("[profile.c]\nhandshake_role = \"server\"\npsk = \"keyring\"");
  EXPECT_EQ(keyring.psk, PskKind::Keyring);
  EXPECT_FALSE(keyring.psk_file);
}

TEST(Timeouts, AreTheAgentsUnlessTheyAreShorter) {
  const std::string agent = "[agent]\nhandshake_timeout = 20\nfirst_byte_timeout = 6\n";
  const auto same = profile_of(agent + client(""));
  EXPECT_EQ(same.handshake_timeout, seconds(20));
  EXPECT_EQ(same.first_byte_timeout, seconds(6));

  const auto own = profile_of(agent + client("handshake_timeout = 15\nHandshakeTimeout = 5"));
  EXPECT_EQ(own.handshake_timeout, seconds(15));
  EXPECT_EQ(own.first_byte_timeout, seconds(5));

  EXPECT_EQ(problems(agent + client("first_byte_timeout = 7")),
            "f:7: profile.c.first_byte_timeout: must be a whole number from 1 to 6");
}

TEST(LogLevelKey, IsOneOfFourAndInherited) {
  const auto policy = test::read(test::client("log_level = \"debug\"") +
                                 "[profile.d]\ninherits = \"c\"\n"
                                 "[profile.e]\ninherits = \"c\"\nlog_level = \"error\"\n");

  EXPECT_EQ(test::profile_of(test::client("")).log_level, LogLevel::Info);
  EXPECT_EQ(policy.profiles().at(0).log_level, LogLevel::Debug);
  EXPECT_EQ(policy.profiles().at(1).log_level, LogLevel::Debug);
  EXPECT_EQ(policy.profiles().at(2).log_level, LogLevel::Error);
  EXPECT_NE(test::problems(test::client("log_level = \"all\"")).find("log_level"),
            std::string::npos);
}

TEST(LogLevelKey, HasANameForEachLevel) {
  for (const auto level : {LogLevel::Error, LogLevel::Warning, LogLevel::Info, LogLevel::Debug})
    EXPECT_EQ(level_of(level_name(level)), level);
  EXPECT_EQ(level_of("Debug"), std::nullopt);
  EXPECT_EQ(level_of(""), std::nullopt);
}

const std::string key_log = "key_log_file = \"/run/ktlsd/keys\"\n";

TEST(KeyLogFile, NeedsTheAgentsConsentToo) {
  const auto refused = test::problems(test::client(key_log));
  EXPECT_NE(refused.find("f:4: profile.c.key_log_file: "), std::string::npos) << refused;
  EXPECT_NE(refused.find("allow_key_logging = true in [agent]"), std::string::npos) << refused;
  EXPECT_NE(test::problems(test::agent("allow_key_logging = false") + test::client(key_log)), "");
  EXPECT_NE(test::problems(test::agent("allow_key_logging = true") +
                           test::client("key_log_file = \"keys\"")),
            "");

  const auto policy = test::read(test::agent("allow_key_logging = true") + test::client(key_log));
  EXPECT_EQ(policy.profiles().at(0).key_log_file->path, "/run/ktlsd/keys");
}

TEST(KeyLogFile, IsNotInherited) {
  const auto policy = test::read(test::agent("allow_key_logging = true") + test::client(key_log) +
                                 "[profile.d]\ninherits = \"c\"\n");

  EXPECT_TRUE(policy.profiles().at(0).key_log_file);
  EXPECT_FALSE(policy.profiles().at(1).key_log_file);
}

TEST(Allowed, AreUsersGroupsAndUnits) {
  const auto profile = profile_of(client("allowed_users = [\"alice\", 0]\nallowed_groups = 5\n"
                                         "allowed_units = [\"a.service\", \"b@*\"]"));

  EXPECT_EQ(profile.allowed_users, (std::vector<uid_t>{1000, 0}));
  EXPECT_EQ(profile.allowed_groups, std::vector<gid_t>{5});
  EXPECT_EQ(profile.allowed_units, (Names{"a.service", "b@*"}));
}

TEST(ServerNameKey, IsOfAHost) {
  EXPECT_EQ(profile_of(client("server_name = \"db.example.org.\"")).server_name, "db.example.org");
  EXPECT_EQ(profile_of(client("server_name = \"[::1]\"")).server_name, "::1");
}

struct WrongProfileKey {
  std::string line;
  std::string problem; // its beginning
};
class EachWrongProfileKey : public testing::TestWithParam<WrongProfileKey> {};

TEST_P(EachWrongProfileKey, IsRefused) {
  const auto& [line, problem] = GetParam();
  const auto found = problems(client(line));
  EXPECT_TRUE(found.starts_with("f:4: profile.c." + problem)) << found;
  EXPECT_EQ(found.find('\n'), std::string::npos) << found;
}

INSTANTIATE_TEST_SUITE_P(
    Profile, EachWrongProfileKey,
    testing::Values(
        WrongProfileKey{"handshake_rule = 1", "handshake_rule: unknown key; is it handshake_role?"},
        WrongProfileKey{"crls = 1", "crls: must be an absolute path, or \"credential:NAME\""},
        WrongProfileKey{"crls = \"system\"",
                        "crls: must be an absolute path, or \"credential:NAME\""},
        WrongProfileKey{"crls = []", "crls: must be one value, or a list of 1 to 64"},
        WrongProfileKey{"crls = [\"/a\", \"/a\"]", "crls: \"/a\" is given twice"},
        WrongProfileKey{"revocation_security_level = \"none\"\ncrls = \"/a\"",
                        "revocation_security_level: \"none\" is not one of: low, medium, high"},
        WrongProfileKey{"trust_intermediates = 1", "trust_intermediates: must be true or false"},
        WrongProfileKey{"require_ocsp_staple = \"yes\"",
                        "require_ocsp_staple: must be true or false"},
        WrongProfileKey{"server_verification = \"all\"",
                        "server_verification: \"all\" is not one of: name, chain, none"},
        WrongProfileKey{"server_verification = 1", "server_verification: must be a string"},
        WrongProfileKey{"server_name = \"a b\"",
                        "server_name: must be the name or the address of a host"},
        WrongProfileKey{"server_name = \"*.a\"",
                        "server_name: must be the name or the address of a host"},
        WrongProfileKey{"server_name = 1", "server_name: must be a string"},
        WrongProfileKey{"pins = \"abc\"", "pins: must be a SHA-256"},
        WrongProfileKey{"pins = [1]", "pins: must be a SHA-256"},
        WrongProfileKey{"pins = [\"" + std::string(64, '0') + "\", \"sha256//" +
                            std::string(43, 'A') + "=\"]",
                        "pins: is given twice"},
        WrongProfileKey{"min_peer_rsa_bits = 1023",
                        "min_peer_rsa_bits: must be a whole number from 1024 to 16384"},
        WrongProfileKey{"min_peer_ec_bits = 522",
                        "min_peer_ec_bits: must be a whole number from 192 to 521"},
        WrongProfileKey{"min_peer_ec_bits = 191",
                        "min_peer_ec_bits: must be a whole number from 192 to 521"},
        WrongProfileKey{"min_peer_rsa_bits = 8192",
                        "min_peer_rsa_bits: at least 8192 and at most 4096 bits: no RSA key"},
        WrongProfileKey{"versions = [\"1.1\"]", "versions: \"1.1\" is not one of: 1.2, 1.3"},
        WrongProfileKey{"versions = []", "versions: must be one value, or a list of 1 to 2"},
        WrongProfileKey{"alpn = [\"h2\", \"a\\u0001\"]", "alpn: only printable ASCII characters"},
        WrongProfileKey{"alpn = \"\\u00fc\"", "alpn: only printable ASCII characters"},
        WrongProfileKey{"psk_identity = \"alice\"", "psk_identity: counts only with psk_file"},
        WrongProfileKey{"allowed_users = \"bob\"", "allowed_users: there is no user \"bob\""},
        WrongProfileKey{"allowed_users = -1",
                        "allowed_users: must be the name or the number of a user"},
        WrongProfileKey{"allowed_users = 4294967295",
                        "allowed_users: must be the name or the number of a user"},
        WrongProfileKey{"allowed_users = []",
                        "allowed_users: must be one value, or a list of 1 to 1024"},
        WrongProfileKey{"allowed_groups = \"\"",
                        "allowed_groups: must be the name or the number of a group"},
        WrongProfileKey{"allowed_groups = \"wheel\"",
                        "allowed_groups: there is no group \"wheel\""},
        WrongProfileKey{"allowed_groups = true",
                        "allowed_groups: must be the name or the number of a group"},
        WrongProfileKey{"allowed_units = \"nginx\"",
                        "allowed_units: \"nginx\" has no type; is it nginx.service?"},
        WrongProfileKey{"allowed_units = \"a*b.service\"",
                        "allowed_units: must be the name of a unit"},
        WrongProfileKey{"allowed_units = \"a b.service\"",
                        "allowed_units: must be the name of a unit"},
        WrongProfileKey{"handshake_timeout = 11",
                        "handshake_timeout: must be a whole number from 1 to 10"},
        WrongProfileKey{"inherits = 1", "inherits: must be the name of a profile"},
        WrongProfileKey{"inherits = \"d\"", "inherits: there is no profile \"d\"; is it c?"},
        WrongProfileKey{
            "Keyring = \"x\"",
            "Keyring: unknown key; credentials and truststore say where certificates are"},
        WrongProfileKey{"\"TLSV1.2\" = \"On\"",
                        "TLSV1.2: unknown key; versions has \"1.2\" and \"1.3\""},
        WrongProfileKey{"truststores = \"/a\"", "truststores: unknown key; is it truststore?"}));

class EachList : public testing::TestWithParam<std::pair<const char*, std::size_t>> {};

TEST_P(EachList, IsOfStrings) {
  const auto& [key, most] = GetParam();
  const auto list = problems(client(fmt::format("{} = {}", key, strings(most + 1, "1.3"))));
  EXPECT_EQ(list,
            fmt::format("f:4: profile.c.{}: must be one value, or a list of 1 to {}", key, most));
  for (const std::string& wrong : {std::string("[1]"), std::string("[\"\"]"),
                                   std::string("[[\"x\"]]"), strings(1, std::string(256, 'x'))})
    EXPECT_EQ(problems(client(fmt::format("{} = {}", key, wrong))),
              fmt::format("f:4: profile.c.{}: must be a string of 1 to 255 bytes", key))
        << wrong;
}

INSTANTIATE_TEST_SUITE_P(Profile, EachList,
                         testing::Values(std::pair("ciphers", 64), std::pair("groups", 64),
                                         std::pair("signature_algorithms", 64),
                                         std::pair("alpn", 16)));

TEST(Alpn, MayBeAsManyAsThereIsRoom) {
  EXPECT_EQ(profile_of(client("alpn = " + strings(16, std::string(255, 'x')))).alpn.size(), 16U);
  EXPECT_EQ(profile_of(client("groups = " + strings(64))).groups.names.size(), 64U);
}

TEST(Tags, AreLettersAndDigits) {
  EXPECT_EQ(problems(server("tags = [\"a\", \"b c\"]")),
            "f:8: profile.s.tags: \"b c\": only letters, digits, '_' and '-' can be in a tag");
  EXPECT_EQ(problems(server("tags = \"\"")),
            "f:8: profile.s.tags: must be a string of 1 to 255 bytes");
}

struct Limit {
  const char* key;
  std::uint32_t least, most;
  std::uint32_t ipc::PeerLimits::*value;
};
class EachPeerLimit : public testing::TestWithParam<Limit> {};

TEST_P(EachPeerLimit, IsInItsRange) {
  const auto& [key, least, most, value] = GetParam();
  const auto line = [&, name = key](std::int64_t number) {
    return fmt::format("{} = {}", name, number);
  };

  EXPECT_EQ(profile_of(client(line(least))).peer_limits.*value, least);
  EXPECT_EQ(profile_of(client(line(most))).peer_limits.*value, most);
  const auto wrong =
      fmt::format("f:4: profile.c.{}: must be a whole number from {} to {}", key, least, most);
  EXPECT_EQ(problems(client(line(least - 1))), wrong);
  EXPECT_EQ(problems(client(line(most + 1LL))), wrong);
  EXPECT_EQ(problems(client(fmt::format("{} = \"{}\"", key, least))), wrong);
}

INSTANTIATE_TEST_SUITE_P(
    Profile, EachPeerLimit,
    testing::Values(Limit{"max_peer_chain", 1, 100, &ipc::PeerLimits::chain_length},
                    Limit{"max_peer_chain_bytes", 1024, 65'536, &ipc::PeerLimits::chain_bytes},
                    Limit{"max_peer_rsa_bits", 2048, 16'384, &ipc::PeerLimits::rsa_bits},
                    Limit{"max_peer_rsa_exponent_bits", 2, 256,
                          &ipc::PeerLimits::rsa_exponent_bits}));

TEST(PathKey, IsAbsoluteOrACredential) {
  const auto problem = [](const std::string& path) {
    return problems("[profile.c]\nhandshake_role = \"client\"\ntruststore = \"" + path + "\"");
  };
  const std::string wrong = "f:3: profile.c.truststore: must be an absolute path, "
                            "\"credential:NAME\" or \"system\"";

  for (const char* path :
       {"", "./ca.pem", "~/ca.pem", "System", "/ca.pem\\u0000.txt", "credential:", "credential:.",
        "credential:..", "credential:../ca", "credential:a/b", "credential:a b"})
    EXPECT_EQ(problem(path), wrong) << path;
  EXPECT_EQ(problem("/" + std::string(4094, 'x')), "");
  EXPECT_EQ(problem("/" + std::string(4095, 'x')), wrong);
  EXPECT_EQ(problem("credential:ca.pem"), "");
}

} // namespace
} // namespace ktls::policy
