// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/snapshot.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "broker/configured_files.hpp"
#include "broker/test_generation.hpp"
#include "support/sockets.hpp"
#include "support/test_data.hpp"
#include "tls/library.hpp"
#include "tls/made_ocsp.hpp"
#include "tls/psk.hpp"

namespace ktls {
namespace {

using ipc::HandshakeRole;
using test::data_path;
using Lines = std::vector<std::string>;

const KernelSuites aes_256_suites{{"TLS_AES_256_GCM_SHA384"}, {"TLS_AES_256_GCM_SHA384"}, true};

// A file of the configuration, of which the tests change single lines.
class Toml {
public:
  explicit Toml(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  // Line `number`, from 1 on.
  Toml& set(std::size_t number, std::string line) {
    lines_.at(number - 1) = std::move(line);
    return *this;
  }
  Toml& add(std::string line) {
    lines_.push_back(std::move(line));
    return *this;
  }
  [[nodiscard]] policy::Policy policy() const {
    return test::policy_of(fmt::format("{}", fmt::join(lines_, "\n")));
  }

private:
  std::vector<std::string> lines_;
};

std::string path_line(const std::string& key, const std::string& path) {
  return fmt::format("{} = \"{}\"", key, path);
}

Toml client() {
  return Toml({"[profile.client]", "handshake_role = \"client\"",
               path_line("truststore", data_path("ca.pem"))});
}

Toml server() {
  return Toml({"[credential.host]", path_line("certificate", data_path("server.pem")),
               path_line("private_key", "/no/one/looks/there.key"), "[profile.server]",
               "handshake_role = \"server-with-client-auth\"", "client_auth_type = \"full\"",
               "credentials = \"host\"", path_line("truststore", data_path("other-ca.pem"))});
}

tl::expected<Snapshot, policy::Problems> load(const Toml& toml,
                                              const KernelSuites& carried = aes_256_suites) {
  return load_snapshot(toml.policy(), carried);
}

Lines problems(const Toml& toml, const KernelSuites& carried = aes_256_suites) {
  const auto snapshot = load(toml, carried);
  return snapshot ? Lines{} : snapshot.error().lines;
}

const ipc::Profile& for_applications(const Snapshot& snapshot, std::size_t profile = 0) {
  return snapshot.workers.profiles.at(snapshot.profiles.at(profile).for_applications.value());
}
const ipc::Profile& for_kernel(const Snapshot& snapshot, std::size_t profile = 0) {
  return snapshot.workers.profiles.at(snapshot.profiles.at(profile).for_kernel.value());
}
const ipc::TrustStore& trust_of(const Snapshot& snapshot, const ipc::Profile& profile) {
  return snapshot.workers.trust_stores.at(profile.verification.trust_store);
}

TEST(LoadSnapshot, MayBeEmpty) {
  const auto snapshot = load(Toml({}));

  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->workers.profiles.empty());
  EXPECT_TRUE(snapshot->keys.empty());
  EXPECT_TRUE(snapshot->profiles.empty());
}

TEST(LoadSnapshot, ReadsAClient) {
  const auto snapshot = load(client());

  ASSERT_TRUE(snapshot);
  const auto& profile = for_applications(*snapshot);
  EXPECT_EQ(profile.role, HandshakeRole::Client);
  EXPECT_TRUE(profile.credentials.empty());
  EXPECT_EQ(trust_of(*snapshot, profile).anchors,
            tls::certificates_from_pem(test::data("ca.pem")).value());
}

TEST(LoadSnapshot, ReadsAServer) {
  const auto snapshot = load(server());

  ASSERT_TRUE(snapshot);
  const auto& profile = for_applications(*snapshot);
  EXPECT_EQ(profile.role, HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(profile.client_auth_type, ipc::ClientAuthType::Full);
  ASSERT_EQ(profile.credentials.size(), 1U);
  EXPECT_EQ(snapshot->workers.credentials.at(profile.credentials[0]).chain,
            tls::certificates_from_pem(test::data("server.pem")).value());
  EXPECT_EQ(trust_of(*snapshot, profile).anchors,
            tls::certificates_from_pem(test::data("other-ca.pem")).value());
}

TEST(LoadSnapshot, LeavesThePrivateKeyToTheSigner) {
  const auto snapshot = load(server());

  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->keys.size(), 1U);
  const auto& credential = snapshot->workers.credentials.at(0);
  EXPECT_EQ(snapshot->keys[0].id, credential.key_id);
  EXPECT_GT(snapshot->keys[0].id, 0U);
  EXPECT_EQ(snapshot->keys[0].location.path, "/no/one/looks/there.key");
  EXPECT_EQ(snapshot->keys[0].location.where, "test.toml:3");
  EXPECT_EQ(snapshot->keys[0].certificate_spki, tls::spki_sha256(credential.chain[0]).value());
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

  const auto snapshot = load(server()
                                 .set(2, path_line("certificate", "credential:server.pem"))
                                 .set(3, path_line("private_key", "credential:server.key")));

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->workers.credentials.at(0).chain,
            tls::certificates_from_pem(test::data("server.pem")).value());
  EXPECT_EQ(snapshot->keys[0].location.path, data_path("") + "/server.key");
}

TEST(LoadSnapshot, SaysThatThereAreNoCredentials) {
  const auto lines = problems(server().set(3, path_line("private_key", "credential:server.key")));

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("test.toml:3: credential:server.key: there are no credentials"));
}

TEST(LoadSnapshot, LeavesTheUrlOfATokenAsItIs) {
  const auto snapshot =
      load(server().set(3, path_line("private_key", "pkcs11:token=t?pin-value=1")));

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->keys[0].location.path, "pkcs11:token=t?pin-value=1");
}

TEST(LoadSnapshot, SharesWhatProfilesHaveInCommon) {
  const auto snapshot = load(server()
                                 .add("[profile.second]")
                                 .add("inherits = \"server\"")
                                 .add("client_auth_type = \"required\""));

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->profiles.size(), 2U);
  EXPECT_EQ(snapshot->keys.size(), 1U);
  EXPECT_EQ(snapshot->workers.credentials.size(), 1U);
  EXPECT_EQ(snapshot->workers.trust_stores.size(), 1U);
}

TEST(LoadSnapshot, IsWhatAWorkerTakes) {
  const auto snapshot = load(server());

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(ipc::decode_configuration(ipc::encode(snapshot->workers)), snapshot->workers);
}

TEST(LoadSnapshot, ReportsAllProblemsWithTheirPlaces) {
  const Lines lines = problems(server()
                                   .set(2, path_line("certificate", data_path("leaf.key")))
                                   .set(8, path_line("truststore", "/no/such/file")));

  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("test.toml:2: " + data_path("leaf.key") + ": ")) << lines[0];
  EXPECT_EQ(lines[1], "test.toml:8: /no/such/file: No such file or directory");
}

TEST(LoadSnapshot, RefusesAChainThatIsTooLong) {
  const test::TemporaryDirectory directory;
  const auto file = directory.file("chain.pem");
  std::ofstream out(file);
  for (int i = 0; i < 11; ++i)
    out << test::data("server.pem");
  out.close();

  EXPECT_EQ(problems(server().set(2, path_line("certificate", file))),
            Lines{"test.toml:2: " + file + ": more than 10 certificates"});
}

TEST(LoadSnapshot, RefusesFilesThatAreTooLarge) {
  const test::TemporaryDirectory directory;
  const auto file = directory.file("large.pem");
  std::ofstream(file) << std::string(ConfiguredFiles::max_size + 1, 'x');

  EXPECT_EQ(problems(client().set(3, path_line("truststore", file))),
            Lines{"test.toml:3: " + file + ": File too large"});
}

TEST(LoadSnapshot, RefusesFilesThatOthersCanChange) {
  const test::TemporaryDirectory directory;
  const auto file = directory.file("ca.pem");
  std::ofstream(file) << test::data("ca.pem");
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);

  EXPECT_EQ(problems(client().set(3, path_line("truststore", file))),
            Lines{"test.toml:3: " + file + ": others than its owner can change it: chmod go-w it"});
}

TEST(LoadSnapshot, ReadsADirectoryOfTrustAnchors) {
  const test::TemporaryDirectory directory;
  std::ofstream(directory.file("b.pem")) << test::data("ca.pem");
  std::ofstream(directory.file("a.crt")) << test::data("other-ca.pem");
  std::ofstream(directory.file("README")) << "no certificate";
  auto toml = client().set(3, path_line("truststore", directory.file("")));

  const auto snapshot = load(toml);

  ASSERT_TRUE(snapshot) << snapshot.error().lines.front();
  const auto& anchors = trust_of(*snapshot, for_applications(*snapshot)).anchors;
  ASSERT_EQ(anchors.size(), 2U);
  EXPECT_EQ(anchors[0], tls::certificates_from_pem(test::data("other-ca.pem")).value().front());
}

TEST(LoadSnapshot, RefusesADirectoryWithoutTrustAnchors) {
  const test::TemporaryDirectory directory;

  const auto lines = problems(client().set(3, path_line("truststore", directory.file(""))));

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("no file in it is named *.pem"), std::string::npos) << lines[0];
}

TEST(LoadSnapshot, WantsACipher) {
  const auto lines = problems(client(), {{}, {"TLS_SM4_GCM_SM3"}});

  ASSERT_EQ(lines.size(), 1U) << "for applications and the kernel alike";
  EXPECT_EQ(lines.front(),
            "test.toml:1: no cipher is left that GnuTLS " + std::string(tls::library_version()) +
                " has and the system's crypto policy, the kernel and the configuration allow");
}

TEST(LoadSnapshot, GivesTheKernelOnlyTls13WithoutTickets) {
  const auto snapshot = load(server().add("session_tickets = true").add("alpn = \"imap\""));

  ASSERT_TRUE(snapshot);
  const auto& application = for_applications(*snapshot);
  const auto& kernel = for_kernel(*snapshot);
  EXPECT_NE(application.priority.find("+VERS-TLS1.2"), std::string::npos);
  EXPECT_EQ(kernel.priority.find("+VERS-TLS1.2"), std::string::npos);
  EXPECT_TRUE(application.session_tickets);
  EXPECT_FALSE(kernel.session_tickets);
  EXPECT_EQ(application.alpn, std::vector<std::string>{"imap"});
  EXPECT_TRUE(kernel.alpn.empty());
  EXPECT_EQ(kernel.credentials, application.credentials);
  EXPECT_EQ(kernel.verification, application.verification);
}

TEST(LoadSnapshot, GivesTheKernelNothingWithoutTls13) {
  const auto snapshot = load(server().add("versions = \"1.2\""));

  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->profiles.at(0).for_applications);
  EXPECT_FALSE(snapshot->profiles.at(0).for_kernel);
}

TEST(LoadSnapshot, KnowsTheNamesOfTheRegistries) {
  const Lines lines = problems(client()
                                   .add("ciphers = [\"aes-256-gcm\", \"rot13\"]")
                                   .add("groups = [\"X25519\", \"secp25519\"]")
                                   .add("signature_algorithms = [\"ecdsa_sha1\"]"));

  ASSERT_GE(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with("test.toml:4: \"rot13\" is not one of: aes-128-gcm, "))
      << lines[0];
  EXPECT_TRUE(lines[1].starts_with("test.toml:5: \"secp25519\" is not one of: ")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with("test.toml:6: \"ecdsa_sha1\" is not one of: ")) << lines[2];
}

TEST(LoadSnapshot, ReadsPreSharedKeys) {
  const test::TemporaryDirectory directory;
  const auto file = directory.file("keys.psk");
  std::ofstream(file) << "alice:" << std::string(64, 'a') << '\n';
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  auto toml = client().set(3, path_line("psk_file", file));

  const auto snapshot = load(toml);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->profiles.at(0).psk_file->find("")->identity, "alice");
  EXPECT_EQ(for_applications(*snapshot).authentication, ipc::Authentication::PreSharedKey);
  EXPECT_FALSE(snapshot->profiles.at(0).for_kernel) << "its keys are its own";

  toml.add("psk_identity = \"bob\"");
  EXPECT_EQ(problems(toml), Lines{"test.toml:3: " + file + ": no key for psk_identity \"bob\""});
}

TEST(LoadSnapshot, WarnsOfKeysThatGnutlsIsTooOldFor) {
  const test::TemporaryDirectory directory;
  const auto file = directory.file("keys.psk");
  std::ofstream(file) << "NVMe0R02 host subsystem:" << std::string(96, 'a') << '\n';
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);

  const auto snapshot = load(client().set(3, path_line("psk_file", file)));

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->warnings.empty(), tls::can_use_psk_with_sha384());
  for (const auto& line : snapshot->warnings)
    EXPECT_TRUE(line.starts_with("test.toml:3: " + file + ": \"NVMe0R02 host subsystem\"")) << line;
}

TEST(LoadSnapshot, HasKeysOfKeyringsForTheKernelAlone) {
  const auto snapshot = load(client().set(3, "psk = \"keyring\""));

  ASSERT_TRUE(snapshot);
  EXPECT_FALSE(snapshot->profiles.at(0).for_applications);
  EXPECT_EQ(for_kernel(*snapshot).authentication, ipc::Authentication::PreSharedKey);
}

// 17 lists of nearly 4 MiB each.
TEST(LoadSnapshot, TellsWhatIsTooMuchForAWorker) {
  const test::TemporaryDirectory directory;
  const std::string oid("\x2a\x03\x04", 3);
  const auto large =
      test::der::sequence(test::der::oid(oid) + test::der::octets(std::string(4'190'000, 'x')));
  const auto list = test::crl(test::Authority("ca"), {.extensions = {large}});
  const auto first = directory.file("1.crl");
  std::ofstream(first, std::ios::binary)
      .write(reinterpret_cast<const char*>(list.data()), static_cast<std::streamsize>(list.size()));
  const auto path = directory.file("");
  auto toml = client().add(path_line("crls", path));
  for (int i = 2; i <= 16; ++i)
    std::filesystem::create_hard_link(first, directory.file(fmt::format("{}.crl", i).c_str()));
  EXPECT_EQ(problems(toml), Lines{});

  std::filesystem::create_hard_link(first, directory.file("17.crl"));

  const auto lines = problems(toml);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(
      lines[0].find(fmt::format("test.toml:4: {}: workers would be given 67.9 MiB in all, and "
                                "take 64: 67.9 MiB of it are from here",
                                path)),
      0U)
      << lines[0];
}

} // namespace
} // namespace ktls
