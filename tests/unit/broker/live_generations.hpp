// SPDX-License-Identifier: GPL-2.0-or-later
// Generations with the real processes of workers and signers.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "broker/generations.hpp"
#include "broker/test_generation.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"
#include "support/test_data.hpp"

namespace ktls::test {

class LiveGenerations : public testing::Test {
protected:
  LiveGenerations() {
    for (const auto* name : {"ktlsd-worker", "ktlsd-signer"})
      lead(name, std::string(KTLS_TEST_HELPERS) + "/" + name);
  }
  // What is started by this name from here on.
  void lead(const std::string& name, const std::string& program) const {
    const auto path = directory.file(name.c_str());
    std::filesystem::remove(path);
    std::filesystem::create_symlink(program, path);
  }
  // The key has to be a secret.
  [[nodiscard]] std::string server_policy(const std::string& certificate,
                                          const std::string& key) const {
    const auto path = directory.file(key.c_str());
    std::filesystem::copy_file(data_path(key), path,
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read |
                                           std::filesystem::perms::owner_write);
    return fmt::format("[agent]\nworkers = 1\n[credential.host]\ncertificate = \"{}\"\n"
                       "private_key = \"{}\"\n[profile.one]\nhandshake_role = \"server\"\n"
                       "credentials = \"host\"\n",
                       data_path(certificate), path);
  }
  // Another key is in a token: it has a signer of its own, which is started behind the other.
  [[nodiscard]] std::string with_token_key() const {
    return server_policy("server.pem", "leaf.key") + token_policy();
  }
  // Of a token that there is not.
  [[nodiscard]] static std::string token_policy() {
    return fmt::format("[credential.token]\ncertificate = \"{}\"\n"
                       "private_key = \"pkcs11:token=none;object=none\"\n"
                       "[profile.two]\nhandshake_role = \"server\"\ncredentials = \"token\"\n",
                       data_path("server-rsa.pem"));
  }
  // The second that is started ends, and only then the first begins.
  void lead_to_a_signer_that_is_ready_last() const {
    const auto script = directory.file("script");
    std::ofstream(script) << fmt::format("#!/bin/sh\n"
                                         "read -r first others </proc/$PPID/task/$PPID/children\n"
                                         "if [ $$ = $first ]; then\n"
                                         "  while ! [ -e {0} ]; do :; done\n"
                                         "  exec {1}/ktlsd-signer\n"
                                         "fi\n"
                                         ": >{0}\n",
                                         directory.file("second-ended"), KTLS_TEST_HELPERS);
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    lead("ktlsd-signer", script);
  }
  Configuration configuration(const std::string& toml) {
    auto policy = policy_of(toml);
    auto snapshot = load_snapshot(policy, suites);
    EXPECT_TRUE(snapshot);
    return {std::move(policy), std::move(*snapshot)};
  }
  // What is told when it is over.
  std::vector<std::string> follow(const std::string& toml) {
    std::optional<std::vector<std::string>> told;
    generations.follow(configuration(toml),
                       [&](const policy::Problems& problems) { told = problems.lines; });
    EXPECT_FALSE(told) << "it is told later";
    pump.until([&] { return told.has_value(); });
    return told.value_or(std::vector<std::string>{"nothing was told"});
  }
  void put_in_force(const std::string& toml) {
    EXPECT_EQ(follow(toml), std::vector<std::string>{});
  }

  static inline const std::string client_policy =
      "[agent]\nworkers = 1\n[profile.one]\nhandshake_role = \"client\"\ntruststore = \"" +
      data_path("ca.pem") + "\"\n";
  static inline const KernelSuites suites{
      {"TLS_AES_256_GCM_SHA384"}, {"TLS_AES_256_GCM_SHA384"}, true};

  TemporaryDirectory directory;
  EventLoop loop = EventLoop::create().value();
  Pump pump{loop};
  Dispatcher dispatcher{loop, limits_of({})};
  Generations generations{loop, directory.file("").substr(0, directory.file("").size() - 1),
                          dispatcher};
};

} // namespace ktls::test
