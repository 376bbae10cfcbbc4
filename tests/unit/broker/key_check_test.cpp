// SPDX-License-Identifier: GPL-2.0-or-later
// Keys that are looked at by the real ktlsd-signer.
#include "broker/key_check.hpp"

#include "broker/live_generations.hpp"

namespace ktls {
namespace {

using Lines = std::vector<std::string>;

class KeyCheck : public test::LiveGenerations {
protected:
  Lines problems(const std::string& toml) {
    const auto files = directory.file("");
    return check_keys(configuration(toml).snapshot, files.substr(0, files.size() - 1)).lines;
  }
};

TEST_F(KeyCheck, IsContentWithAKeyThatFits) {
  EXPECT_EQ(problems(server_policy("server.pem", "leaf.key")), Lines{});
}

TEST_F(KeyCheck, TellsOfOneThatDoesNot) {
  const auto lines = problems(server_policy("server.pem", "p384.key"));

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("p384.key: the private key does not belong"), std::string::npos);
}

// The signer of the files has none, and is ready before that of the token is started.
TEST_F(KeyCheck, WaitsForTheSignerOfAToken) {
  const auto lines = problems(token_policy());

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find("test.toml:3: pkcs11:token=none"), 0U) << lines[0];
}

TEST_F(KeyCheck, EndsWhenOneSignerIsReadyBehindTheEndOfAnother) {
  lead_to_a_signer_that_is_ready_last();

  EXPECT_EQ(problems(with_token_key()), Lines{"the processes for the keys ended: see above"});
}

} // namespace
} // namespace ktls
