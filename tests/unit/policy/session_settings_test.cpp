// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of [client], [server] and [kernel] that say how sessions are to be.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/settings.hpp"

namespace ktls::policy {
namespace {

using Lines = std::vector<std::string>;
using Names = std::vector<std::string>;

std::string client(const std::string& lines) {
  return "[client]\ntruststore = \"/ca\"\n" + lines + "\n";
}
std::string server(const std::string& lines) {
  return "[server]\ncertificate = \"/c\"\nprivate_key = \"/k\"\ntruststore = \"/ca\"\n" + lines +
         "\n";
}
std::string client_psk(const std::string& lines) {
  return "[client]\npsk_file = \"/psk\"\n" + lines + "\n";
}
std::string server_psk(const std::string& lines) {
  return "[server]\npsk_file = \"/psk\"\n" + lines + "\n";
}

Settings read(const std::string& text) {
  const auto settings = parse_settings(text, "f");
  EXPECT_TRUE(settings) << settings.error().lines.at(0);
  return settings.value_or(Settings{});
}

// All of them, one in each line.
std::string problems(const std::string& text) {
  const auto settings = parse_settings(text, "f");
  return settings ? "" : fmt::format("{}", fmt::join(settings.error().lines, "\n"));
}

std::string strings(std::size_t count, const std::string& each = "x") {
  return fmt::format("[{}]", fmt::join(std::vector(count, "\"" + each + "\""), ", "));
}

TEST(SessionSettings, HaveDefaults) {
  const auto role = *read(client("")).client;

  EXPECT_TRUE(role.tls12);
  EXPECT_TRUE(role.tls13);
  EXPECT_TRUE(role.ciphers.names.empty());
  EXPECT_TRUE(role.groups.names.empty());
  EXPECT_TRUE(role.signature_algorithms.names.empty());
  EXPECT_TRUE(role.alpn.empty());
  EXPECT_FALSE(role.session_tickets);
  EXPECT_FALSE(role.psk_file);
  EXPECT_EQ(role.peer_limits, (ipc::PeerLimits{10, 32'768, 4096, 32}));
  EXPECT_FALSE(read("").kernel_psk);
}

TEST(Versions, AreOneOrBoth) {
  const auto versions = [](const std::string& list) {
    const auto role = *read(client("versions = " + list)).client;
    return std::pair(role.tls12, role.tls13);
  };

  EXPECT_EQ(versions("[\"1.3\"]"), std::pair(false, true));
  EXPECT_EQ(versions("[\"1.2\"]"), std::pair(true, false));
  EXPECT_EQ(versions("[\"1.2\", \"1.3\"]"), std::pair(true, true));
}

TEST(Versions, AreNoOthers) {
  EXPECT_EQ(problems(client("versions = [\"1.1\"]")),
            "f:3: client.versions: \"1.1\" is not one of: 1.2, 1.3");
  EXPECT_EQ(problems(server("versions = [\"TLS 1.3\"]")),
            "f:5: server.versions: \"TLS 1.3\" is not one of: 1.2, 1.3");
}

class EachList : public testing::TestWithParam<std::pair<const char*, std::size_t>> {};

TEST_P(EachList, IsOfStrings) {
  const auto& [key, most] = GetParam();
  const std::string start =
      fmt::format("f:3: client.{}: must be a list of 1 to {} strings", key, most);
  for (const std::string& wrong :
       {std::string("\"x\""), std::string("[]"), std::string("[1]"), std::string("[\"\"]"),
        std::string("[[\"x\"]]"), strings(most + 1, "1.3"), strings(1, std::string(256, 'x'))}) {
    const auto found = problems(client(fmt::format("{} = {}", key, wrong)));
    EXPECT_TRUE(found.starts_with(start)) << found << " of " << wrong;
  }
}

INSTANTIATE_TEST_SUITE_P(SessionSettings, EachList,
                         testing::Values(std::pair("versions", 2), std::pair("ciphers", 64),
                                         std::pair("groups", 64),
                                         std::pair("signature_algorithms", 64),
                                         std::pair("alpn", 16)));

// Whether they exist, only who has the TLS library can tell.
TEST(AlgorithmNames, AreTakenWithTheirPlace) {
  const auto role = *read(server("ciphers = [\"aes-128-gcm\"]\n"
                                 "groups = [\"x25519\", \"secp256r1\"]\n"
                                 "signature_algorithms = [\"ed25519\"]"))
                         .server;

  EXPECT_EQ(role.ciphers.names, Names{"aes-128-gcm"});
  EXPECT_EQ(role.ciphers.where, "f:5");
  EXPECT_EQ(role.groups.names, (Names{"x25519", "secp256r1"}));
  EXPECT_EQ(role.groups.where, "f:6");
  EXPECT_EQ(role.signature_algorithms.names, Names{"ed25519"});
  EXPECT_EQ(role.signature_algorithms.where, "f:7");
}

TEST(AlgorithmNames, MayBeAsManyAsThereIsRoom) {
  EXPECT_EQ(read(client("groups = " + strings(64))).client->groups.names.size(), 64U);
}

TEST(Alpn, IsAListOfPrintableNames) {
  EXPECT_EQ(read(server("alpn = [\"h2\", \"http/1.1\"]")).server->alpn, (Names{"h2", "http/1.1"}));
  EXPECT_EQ(read(client("alpn = " + strings(16, std::string(255, 'x')))).client->alpn.size(), 16U);
  EXPECT_EQ(problems(client("alpn = [\"h2\", \"a\\u0001\"]")),
            "f:3: client.alpn: only printable ASCII characters can be in a protocol name here");
  EXPECT_FALSE(problems(client("alpn = [\"\\u00fc\"]")).empty());
}

TEST(SessionTickets, AreForServers) {
  EXPECT_TRUE(read(server("session_tickets = true")).server->session_tickets);
  EXPECT_FALSE(read(server("session_tickets = false")).server->session_tickets);
  EXPECT_EQ(problems(server("session_tickets = 1")),
            "f:5: server.session_tickets: must be true or false");
  EXPECT_TRUE(problems(client("session_tickets = true"))
                  .starts_with("f:3: client.session_tickets: unknown key"));
}

TEST(KernelPsk, IsTrueOrFalse) {
  EXPECT_TRUE(read("[kernel]\npsk = true").kernel_psk);
  EXPECT_FALSE(read("[kernel]\npsk = false").kernel_psk);
  EXPECT_FALSE(read("[kernel]").kernel_psk);
  EXPECT_EQ(problems("[kernel]\npsk = \"yes\""), "f:2: kernel.psk: must be true or false");
  EXPECT_EQ(problems("[kernel]\nkeyring = 1"), "f:2: kernel.keyring: unknown key; known here: psk");
}

TEST(PskFileSetting, StandsForCertificates) {
  const auto settings = read(client_psk("psk_identity = \"alice\"") + server_psk(""));

  EXPECT_EQ(settings.client->psk_file->path, "/psk");
  EXPECT_EQ(settings.client->psk_file->where, "f:2");
  EXPECT_EQ(settings.client->psk_identity, "alice");
  EXPECT_FALSE(settings.client->truststore);
  EXPECT_TRUE(settings.client->credentials.empty());
  EXPECT_EQ(settings.server->role, ipc::HandshakeRole::Server);
  EXPECT_EQ(settings.server->psk_file->path, "/psk");
}

TEST(PskFileSetting, MayBeACredentialOfTheService) {
  EXPECT_EQ(read("[client]\npsk_file = \"credential:psk\"").client->psk_file->path,
            "credential:psk");
  EXPECT_EQ(problems("[client]\npsk_file = \"psk\""),
            "f:2: client.psk_file: must be an absolute path");
}

class EachCertificateKey : public testing::TestWithParam<const char*> {};

TEST_P(EachCertificateKey, DoesNotGoWithAPskFile) {
  const std::string line = GetParam();
  const std::string key = line.substr(0, line.find(' '));

  const auto found = problems(server_psk(line));

  EXPECT_NE(found.find(fmt::format("f:3: server.{}: does not go with psk_file", key)),
            std::string::npos)
      << found;
}

INSTANTIATE_TEST_SUITE_P(PskFileSetting, EachCertificateKey,
                         testing::Values("certificate = \"/c\"", "private_key = \"/k\"",
                                         "truststore = \"/ca\"", "client_auth_type = \"full\"",
                                         "signature_algorithms = [\"ed25519\"]",
                                         "session_tickets = true", "versions = [\"1.3\"]",
                                         "handshake_role = \"server-with-client-auth\""));

TEST(PskFileSetting, DoesNotGoWithCredentials) {
  const auto found =
      problems(server_psk("[[server.credential]]\ncertificate = \"/c\"\nprivate_key = \"/k\""));

  EXPECT_NE(found.find("server.credential: does not go with psk_file"), std::string::npos) << found;
}

TEST(PskFileSetting, LeavesOtherKeys) {
  EXPECT_EQ(problems(server_psk("handshake_role = \"server\"\nalpn = [\"h2\"]\n"
                                "ciphers = [\"aes-128-gcm\"]\ngroups = [\"x25519\"]")),
            "");
}

TEST(PskIdentity, CountsOnlyWithAFile) {
  EXPECT_EQ(problems(client("psk_identity = \"alice\"")),
            "f:3: client.psk_identity: counts only with psk_file");
  EXPECT_EQ(problems(client_psk("psk_identity = 1")), "f:3: client.psk_identity: must be a string");
  EXPECT_TRUE(problems(server_psk("psk_identity = \"alice\""))
                  .starts_with("f:3: server.psk_identity: unknown key"));
}

std::string credential(const std::string& section, const std::string& name) {
  return fmt::format("[[{0}.credential]]\ncertificate = \"/{1}.pem\"\nprivate_key = \"/{1}.key\"\n",
                     section, name);
}

TEST(Credentials, AreOneForAnyNameAndFurtherOnes) {
  const auto role = *read(server(credential("server", "a") + credential("server", "b"))).server;

  ASSERT_EQ(role.credentials.size(), 3U);
  EXPECT_EQ(role.credentials[0].certificate.path, "/c");
  EXPECT_EQ(role.credentials[1].certificate.path, "/a.pem");
  EXPECT_EQ(role.credentials[1].certificate.where, "f:6");
  EXPECT_EQ(role.credentials[2].private_key.path, "/b.key");
  EXPECT_EQ(role.credentials[2].private_key.where, "f:10");
}

TEST(Credentials, MayBeOfAClient) {
  EXPECT_EQ(read(client(credential("client", "a"))).client->credentials.size(), 1U);
}

TEST(Credentials, AreOnlySoMany) {
  std::string most;
  for (std::size_t i = 1; i < ipc::Profile::max_credentials; ++i)
    most += credential("server", std::to_string(i));

  EXPECT_EQ(read(server(most)).server->credentials.size(), ipc::Profile::max_credentials);
  const auto found = problems(server(most + credential("server", "more")));
  EXPECT_NE(found.find("server.credential: must be tables"), std::string::npos) << found;
}

TEST(Credentials, AreCertificateAndKey) {
  EXPECT_EQ(problems(server("[[server.credential]]\ncertificate = \"/a\"")),
            "f:5: server.credential: certificate and private_key belong together");
  EXPECT_TRUE(problems(server("[[server.credential]]"))
                  .starts_with("f:5: server.credential.certificate: is missing"));
  EXPECT_EQ(problems(server(credential("server", "a") + "truststore = \"/x\"")),
            "f:8: server.credential.truststore: unknown key; known here: certificate, private_key");
  EXPECT_EQ(problems(server(credential("server", "a") + credential("server", "b") + "name = 1")),
            "f:11: server.credential.name: unknown key; known here: certificate, private_key");
}

TEST(Credentials, AreTables) {
  EXPECT_TRUE(problems(server("credential = \"/c\""))
                  .starts_with("f:5: server.credential: must be tables, [[server.credential]]"));
  EXPECT_EQ(problems(server("credential = [1]")),
            "f:5: server.credential: must be a table: [[server.credential]]");
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

  EXPECT_EQ(read(client(line(least))).client->peer_limits.*value, least);
  EXPECT_EQ(read(server(line(most))).server->peer_limits.*value, most);
  const std::string wrong =
      fmt::format("f:3: client.{}: must be a whole number from {} to {}", key, least, most);
  EXPECT_EQ(problems(client(line(least - 1))), wrong);
  EXPECT_EQ(problems(client(line(most + 1LL))), wrong);
  EXPECT_EQ(problems(client(fmt::format("{} = \"{}\"", key, least))), wrong);
}

INSTANTIATE_TEST_SUITE_P(
    SessionSettings, EachPeerLimit,
    testing::Values(Limit{"max_peer_chain", 1, 100, &ipc::PeerLimits::chain_length},
                    Limit{"max_peer_chain_bytes", 1024, 65'536, &ipc::PeerLimits::chain_bytes},
                    Limit{"max_peer_rsa_bits", 2048, 16'384, &ipc::PeerLimits::rsa_bits},
                    Limit{"max_peer_rsa_exponent_bits", 2, 256,
                          &ipc::PeerLimits::rsa_exponent_bits}));

} // namespace
} // namespace ktls::policy
