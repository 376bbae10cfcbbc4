// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/snapshot.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/sockets.hpp"
#include "support/test_data.hpp"

namespace ktls {
namespace {

using ipc::HandshakeRole;
using policy::LocatedPath;
using test::data_path;
using Lines = std::vector<std::string>;

const std::vector<std::string_view> ciphers{"TLS_AES_256_GCM_SHA384"};

LocatedPath at(int line, const std::string& path) {
  return {path, "f:" + std::to_string(line)};
}

policy::KeyLocation key_at(int line, std::string path,
                           policy::KeyPlace place = policy::KeyPlace::File) {
  return {at(line, std::move(path)), place};
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
  role.certificate = at(5, data_path("server.pem"));
  role.private_key = key_at(6, "/no/one/looks/there.key");
  role.truststore = at(7, data_path("other-ca.pem"));
  return role;
}

Lines problems(const policy::Settings& settings) {
  const auto snapshot = load_snapshot(settings, ciphers);
  return snapshot ? Lines{} : snapshot.error().lines;
}

TEST(LoadSnapshot, MayBeEmpty) {
  const auto snapshot = load_snapshot({}, ciphers);

  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->workers.profiles.empty());
  EXPECT_TRUE(snapshot->keys.empty());
  EXPECT_FALSE(snapshot->client_profile);
  EXPECT_FALSE(snapshot->server_profile);
  EXPECT_NE(snapshot->workers.priority.find("AES-256-GCM"), std::string::npos);
}

TEST(LoadSnapshot, ReadsBothRoles) {
  policy::Settings settings;
  settings.client = client();
  settings.server = server();

  const auto snapshot = load_snapshot(settings, ciphers);

  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->workers.profiles.size(), 2U);
  const auto& as_client = snapshot->workers.profiles.at(snapshot->client_profile.value());
  EXPECT_EQ(as_client.role, HandshakeRole::Client);
  EXPECT_EQ(as_client.key_id, 0U);
  EXPECT_TRUE(as_client.chain.empty());
  EXPECT_EQ(as_client.trust, tls::certificates_from_pem(test::data("ca.pem")).value());
  const auto& as_server = snapshot->workers.profiles.at(snapshot->server_profile.value());
  EXPECT_EQ(as_server.role, HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(as_server.client_auth_type, ipc::ClientAuthType::Full);
  EXPECT_EQ(as_server.chain, tls::certificates_from_pem(test::data("server.pem")).value());
  EXPECT_EQ(as_server.trust, tls::certificates_from_pem(test::data("other-ca.pem")).value());
}

TEST(LoadSnapshot, LeavesThePrivateKeyToTheSigner) {
  policy::Settings settings;
  settings.server = server();

  const auto snapshot = load_snapshot(settings, ciphers);

  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->keys.size(), 1U);
  EXPECT_EQ(snapshot->keys[0].id, snapshot->workers.profiles[0].key_id);
  EXPECT_GT(snapshot->keys[0].id, 0U);
  EXPECT_EQ(snapshot->keys[0].location.path, "/no/one/looks/there.key");
  EXPECT_EQ(snapshot->keys[0].location.where, "f:6");
  EXPECT_EQ(snapshot->keys[0].certificate_spki,
            tls::spki_sha256(snapshot->workers.profiles[0].chain[0]).value());
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
  settings.server->certificate = at(5, "credential:server.pem");
  settings.server->private_key = key_at(6, "credential:server.key");

  const auto snapshot = load_snapshot(settings, ciphers);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->workers.profiles[0].chain,
            tls::certificates_from_pem(test::data("server.pem")).value());
  EXPECT_EQ(snapshot->keys[0].location.path, data_path("") + "/server.key");
}

TEST(LoadSnapshot, SaysThatThereAreNoCredentials) {
  policy::Settings settings;
  settings.server = server();
  settings.server->private_key = key_at(6, "credential:server.key");

  const auto lines = problems(settings);

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("f:6: credential:server.key: there are no credentials"));
}

TEST(LoadSnapshot, LeavesTheUrlOfATokenAsItIs) {
  policy::Settings settings;
  settings.server = server();
  settings.server->private_key = key_at(6, "pkcs11:token=t?pin-value=1", policy::KeyPlace::Token);

  const auto snapshot = load_snapshot(settings, ciphers);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->keys[0].location.path, "pkcs11:token=t?pin-value=1");
}

TEST(LoadSnapshot, GivesEachRoleAKeyOfItsOwn) {
  policy::Settings settings;
  settings.client = client();
  settings.client->certificate = at(3, data_path("client.pem"));
  settings.client->private_key = key_at(4, "/client.key");
  settings.server = server();

  const auto snapshot = load_snapshot(settings, ciphers);

  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->keys.size(), 2U);
  EXPECT_NE(snapshot->keys[0].id, snapshot->keys[1].id);
}

TEST(LoadSnapshot, IsWhatAWorkerTakes) {
  policy::Settings settings;
  settings.client = client();
  settings.server = server();

  const auto snapshot = load_snapshot(settings, ciphers);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(ipc::decode_configuration(ipc::encode(snapshot->workers)), snapshot->workers);
}

TEST(LoadSnapshot, ReportsAllProblemsWithTheirPlaces) {
  policy::Settings settings;
  settings.client = client();
  settings.client->truststore = at(2, "/no/such/file");
  settings.server = server();
  settings.server->certificate = at(5, data_path("leaf.key"));
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
  settings.server->certificate = at(5, file);

  EXPECT_EQ(problems(settings), Lines{"f:5: " + file + ": more than 10 certificates"});
}

TEST(LoadSnapshot, RefusesFilesThatAreTooLarge) {
  policy::Settings settings;
  settings.client = client();
  settings.client->truststore = at(2, "/dev/zero");

  EXPECT_EQ(problems(settings), Lines{"f:2: /dev/zero: File too large"});
}

TEST(LoadSnapshot, WantsACipher) {
  const auto snapshot = load_snapshot({}, {"TLS_SM4_GCM_SM3"});

  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().lines,
            Lines{"the kernel and GnuTLS have no TLS 1.3 cipher in common"});
}

} // namespace
} // namespace ktls
