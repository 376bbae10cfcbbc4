// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/snapshot.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/sockets.hpp"
#include "support/test_data.hpp"
#include "tls/library.hpp"
#include "tls/psk.hpp"

namespace ktls {
namespace {

using ipc::HandshakeRole;
using policy::LocatedPath;
using test::data_path;
using Lines = std::vector<std::string>;

const KernelSuites suites{{"TLS_AES_256_GCM_SHA384"}, {"TLS_AES_256_GCM_SHA384"}, true};

LocatedPath at(int line, const std::string& path) {
  return {path, "f:" + std::to_string(line)};
}

policy::KeyLocation key_at(int line, const std::string& path,
                           policy::KeyPlace place = policy::KeyPlace::File) {
  return {at(line, path), place};
}

policy::RoleSettings client() {
  policy::RoleSettings role;
  role.truststore = at(2, data_path("ca.pem"));
  return role;
}

policy::RoleSettings server() {
  policy::RoleSettings role;
  role.role = HandshakeRole::ServerWithClientAuth;
  role.client_auth_type = ipc::ClientAuthType::Full;
  role.credentials = {{at(5, data_path("server.pem")), key_at(6, "/no/one/looks/there.key")}};
  role.truststore = at(7, data_path("other-ca.pem"));
  return role;
}

Lines problems(const policy::Settings& settings) {
  const auto snapshot = load_snapshot(settings, suites);
  return snapshot ? Lines{} : snapshot.error().lines;
}

TEST(LoadSnapshot, MayBeEmpty) {
  const auto snapshot = load_snapshot({}, suites);

  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->workers.profiles.empty());
  EXPECT_TRUE(snapshot->keys.empty());
  EXPECT_FALSE(snapshot->profiles.client);
  EXPECT_FALSE(snapshot->profiles.server);
  EXPECT_FALSE(snapshot->profiles.kernel_client);
  EXPECT_FALSE(snapshot->profiles.kernel_server);
  EXPECT_FALSE(snapshot->profiles.kernel_psk_client);
  EXPECT_FALSE(snapshot->profiles.kernel_psk_server);
}

TEST(LoadSnapshot, ReadsBothRoles) {
  policy::Settings settings;
  settings.client = client();
  settings.server = server();

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->workers.profiles.size(), 4U);
  const auto& as_client = snapshot->workers.profiles.at(snapshot->profiles.client.value().index);
  EXPECT_EQ(as_client.role, HandshakeRole::Client);
  EXPECT_TRUE(as_client.credentials.empty());
  EXPECT_EQ(as_client.trust, tls::certificates_from_pem(test::data("ca.pem")).value());
  const auto& as_server = snapshot->workers.profiles.at(snapshot->profiles.server.value().index);
  EXPECT_EQ(as_server.role, HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(as_server.client_auth_type, ipc::ClientAuthType::Full);
  EXPECT_EQ(as_server.credentials.at(0).chain,
            tls::certificates_from_pem(test::data("server.pem")).value());
  EXPECT_EQ(as_server.trust, tls::certificates_from_pem(test::data("other-ca.pem")).value());
}

TEST(LoadSnapshot, LeavesThePrivateKeyToTheSigner) {
  policy::Settings settings;
  settings.server = server();

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->keys.size(), 1U);
  EXPECT_EQ(snapshot->keys[0].id, snapshot->workers.profiles[0].credentials[0].key_id);
  EXPECT_GT(snapshot->keys[0].id, 0U);
  EXPECT_EQ(snapshot->keys[0].location.path, "/no/one/looks/there.key");
  EXPECT_EQ(snapshot->keys[0].location.where, "f:6");
  EXPECT_EQ(snapshot->keys[0].certificate_spki,
            tls::spki_sha256(snapshot->workers.profiles[0].credentials[0].chain[0]).value());
}

// Sets CREDENTIALS_DIRECTORY as a service manager does.
struct Credentials {
  explicit Credentials(const std::string& directory) {
    ::setenv("CREDENTIALS_DIRECTORY", directory.c_str(), 1);
  }
  ~Credentials() { ::unsetenv("CREDENTIALS_DIRECTORY"); }
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;
};

TEST(LoadSnapshot, FindsCredentialsOfTheService) {
  const Credentials set(data_path(""));
  policy::Settings settings;
  settings.server = server();
  settings.server->credentials = {
      {at(5, "credential:server.pem"), key_at(6, "credential:server.key")}};

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->workers.profiles[0].credentials[0].chain,
            tls::certificates_from_pem(test::data("server.pem")).value());
  EXPECT_EQ(snapshot->keys[0].location.path, data_path("") + "/server.key");
}

TEST(LoadSnapshot, SaysThatThereAreNoCredentials) {
  policy::Settings settings;
  settings.server = server();
  settings.server->credentials.front().private_key = key_at(6, "credential:server.key");

  const auto lines = problems(settings);

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("f:6: credential:server.key: there are no credentials"));
}

TEST(LoadSnapshot, LeavesTheUrlOfATokenAsItIs) {
  policy::Settings settings;
  settings.server = server();
  settings.server->credentials.front().private_key =
      key_at(6, "pkcs11:token=t?pin-value=1", policy::KeyPlace::Token);

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->keys[0].location.path, "pkcs11:token=t?pin-value=1");
}

TEST(LoadSnapshot, GivesEachRoleAKeyOfItsOwn) {
  policy::Settings settings;
  settings.client = client();
  settings.client->credentials = {{at(3, data_path("client.pem")), key_at(4, "/client.key")}};
  settings.server = server();

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->keys.size(), 2U);
  EXPECT_NE(snapshot->keys[0].id, snapshot->keys[1].id);
}

TEST(LoadSnapshot, IsWhatAWorkerTakes) {
  policy::Settings settings;
  settings.client = client();
  settings.server = server();

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(ipc::decode_configuration(ipc::encode(snapshot->workers)), snapshot->workers);
}

TEST(LoadSnapshot, ReportsAllProblemsWithTheirPlaces) {
  policy::Settings settings;
  settings.client = client();
  settings.client->truststore = at(2, "/no/such/file");
  settings.server = server();
  settings.server->credentials.front().certificate = at(5, data_path("leaf.key"));
  settings.server->truststore = at(7, "/");

  const Lines lines = problems(settings);

  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "f:2: /no/such/file: No such file or directory");
  EXPECT_EQ(lines[1], "f:7: /: Is a directory");
  EXPECT_TRUE(lines[2].starts_with("f:5: " + data_path("leaf.key") + ": ")) << lines[2];
}

TEST(LoadSnapshot, RefusesAChainThatIsTooLong) {
  const test::TemporaryDirectory directory;
  const auto file = directory.file("chain.pem");
  std::ofstream out(file);
  for (int i = 0; i < 11; ++i)
    out << test::data("server.pem");
  out.close();
  policy::Settings settings;
  settings.server = server();
  settings.server->credentials.front().certificate = at(5, file);

  EXPECT_EQ(problems(settings), Lines{"f:5: " + file + ": more than 10 certificates"});
}

TEST(LoadSnapshot, RefusesFilesThatAreTooLarge) {
  policy::Settings settings;
  settings.client = client();
  settings.client->truststore = at(2, "/dev/zero");

  EXPECT_EQ(problems(settings), Lines{"f:2: /dev/zero: File too large"});
}

TEST(LoadSnapshot, WantsACipher) {
  policy::Settings settings;
  settings.client = client();
  settings.client->where = "f:1";

  const auto snapshot = load_snapshot(settings, {{}, {"TLS_SM4_GCM_SM3"}});

  ASSERT_FALSE(snapshot);
  ASSERT_EQ(snapshot.error().lines.size(), 1U) << "for applications and the kernel alike";
  EXPECT_EQ(snapshot.error().lines.front(),
            "f:1: no cipher is left that GnuTLS " + std::string(tls::library_version()) +
                " has and the system's crypto policy, the kernel and the configuration allow");
}

TEST(LoadSnapshot, GivesTheKernelOnlyTls13WithoutTickets) {
  policy::Settings settings;
  settings.server = server();
  settings.server->session_tickets = true;
  settings.server->alpn = {"imap"};

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  const auto& application = snapshot->workers.profiles.at(snapshot->profiles.server->index);
  const auto& kernel = snapshot->workers.profiles.at(snapshot->profiles.kernel_server->index);
  EXPECT_NE(application.priority.find("+VERS-TLS1.2"), std::string::npos);
  EXPECT_EQ(kernel.priority.find("+VERS-TLS1.2"), std::string::npos);
  EXPECT_TRUE(application.session_tickets);
  EXPECT_FALSE(kernel.session_tickets);
  EXPECT_EQ(application.alpn, std::vector<std::string>{"imap"});
  EXPECT_TRUE(kernel.alpn.empty());
  EXPECT_EQ(kernel.credentials, application.credentials);
  EXPECT_EQ(kernel.trust, application.trust);
}

TEST(LoadSnapshot, GivesTheKernelNothingWithoutTls13) {
  policy::Settings settings;
  settings.server = server();
  settings.server->tls13 = false;

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->profiles.server);
  EXPECT_FALSE(snapshot->profiles.kernel_server);
}

TEST(LoadSnapshot, KnowsTheNamesOfTheRegistries) {
  policy::Settings settings;
  settings.client = client();
  settings.client->ciphers = {{"aes-256-gcm", "rot13"}, "f:3"};
  settings.client->groups = {{"X25519", "secp25519"}, "f:4"};
  settings.client->signature_algorithms = {{"ecdsa_sha1"}, "f:5"};

  const Lines lines = problems(settings);

  ASSERT_GE(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with("f:3: \"rot13\" is not one of: aes-128-gcm, ")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("f:4: \"secp25519\" is not one of: ")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with("f:5: \"ecdsa_sha1\" is not one of: ")) << lines[2];
}

TEST(LoadSnapshot, KeepsTheKeysOfARoleTogether) {
  policy::Settings settings;
  settings.client = client();
  settings.client->credentials = {{at(3, data_path("client.pem")), key_at(4, "/client.key")}};
  settings.server = server();
  settings.server->credentials.push_back(
      {at(8, data_path("server-rsa.pem")), key_at(9, "/rsa.key")});

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  const auto& own = snapshot->workers.profiles.at(snapshot->profiles.server->index).credentials;
  ASSERT_EQ(own.size(), 2U);
  EXPECT_EQ(own[1].key_id, own[0].key_id + 1);
  EXPECT_EQ(ipc::decode_configuration(ipc::encode(snapshot->workers)), snapshot->workers);
}

TEST(LoadSnapshot, ReadsPreSharedKeys) {
  const test::TemporaryDirectory directory;
  const auto file = directory.file("keys.psk");
  std::ofstream(file) << "alice:" << std::string(64, 'a') << '\n';
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  policy::Settings settings;
  settings.client = policy::RoleSettings{};
  settings.client->psk_file = at(2, file);

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  ASSERT_TRUE(snapshot->profiles.client);
  EXPECT_EQ(snapshot->profiles.client->psk_file->find("")->identity, "alice");
  EXPECT_EQ(snapshot->workers.profiles[0].authentication, ipc::Authentication::PreSharedKey);
  EXPECT_FALSE(snapshot->profiles.kernel_client) << "its keys are its own";

  settings.client->psk_identity = "bob";
  EXPECT_EQ(problems(settings), Lines{"f:2: " + file + ": no key for psk_identity \"bob\""});
}

TEST(LoadSnapshot, WarnsOfKeysThatGnutlsIsTooOldFor) {
  const test::TemporaryDirectory directory;
  const auto file = directory.file("keys.psk");
  std::ofstream(file) << "NVMe0R02 host subsystem:" << std::string(96, 'a') << '\n';
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  policy::Settings settings;
  settings.server = policy::RoleSettings{};
  settings.server->role = ipc::HandshakeRole::Server;
  settings.server->psk_file = at(2, file);

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->warnings.empty(), tls::can_use_psk_with_sha384());
  for (const auto& line : snapshot->warnings)
    EXPECT_TRUE(line.starts_with("f:2: " + file + ": \"NVMe0R02 host subsystem\"")) << line;
}

TEST(LoadSnapshot, ServesPreSharedKeysOfTheKernelWhenTold) {
  policy::Settings settings;
  settings.kernel_psk = true;

  const auto snapshot = load_snapshot(settings, suites);

  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->profiles.kernel_psk_client);
  EXPECT_TRUE(snapshot->profiles.kernel_psk_server);
  EXPECT_FALSE(snapshot->profiles.client);
}

} // namespace
} // namespace ktls
