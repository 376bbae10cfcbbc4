// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/keyring.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "broker/test_keys.hpp"

namespace ktls {
namespace {

const std::string key32(32, 'k');
const std::string key48(48, 'k');

std::string text_of(const Secret& secret) {
  std::string out(secret.bytes().size(), '\0');
  std::ranges::transform(secret.bytes(), out.begin(),
                         [](std::byte b) { return static_cast<char>(b); });
  return out;
}

TEST(PskHash, IsWhatAnNvmeIdentitySays) {
  EXPECT_EQ(psk_hash("NVMe0R01 nqn.host nqn.sub", 32), tls::PskHash::WithSha256);
  EXPECT_EQ(psk_hash("NVMe1G02 nqn.host nqn.sub digest", 48), tls::PskHash::WithSha384);
}

TEST(PskHash, IsSha256ForOtherIdentities) {
  EXPECT_EQ(psk_hash("client", 16), tls::PskHash::WithSha256);
  EXPECT_EQ(psk_hash("NVM", 16), tls::PskHash::WithSha256);
}

class BadNvme : public testing::TestWithParam<std::pair<const char*, std::size_t>> {};

TEST_P(BadNvme, IsRefused) {
  EXPECT_FALSE(psk_hash(GetParam().first, GetParam().second));
}

INSTANTIATE_TEST_SUITE_P(PskHash, BadNvme,
                         testing::Values(std::pair{"NVMe0R01 a b", 48},
                                         std::pair{"NVMe0R02 a b", 32},
                                         std::pair{"NVMe0R00 a b", 32},
                                         std::pair{"NVMe0R03 a b", 32}, std::pair{"NVMe", 32},
                                         std::pair{"NVMe0R01", 32}, std::pair{"NVMexR01 a", 32},
                                         std::pair{"NVMe0X01 a", 32}, std::pair{"NVMe0Rx1 a", 32},
                                         std::pair{"NVMe0R0x a", 32}, std::pair{"NVMe0R01-a", 32}));

TEST(ParseKeyDescription, KeepsSemicolonsOfTheDescription) {
  const auto found = parse_key_description("user;0;0;3f010000;one;two;").value();

  EXPECT_EQ(found.type, "user");
  EXPECT_EQ(found.description, "one;two;");
}

TEST(ParseKeyDescription, RejectsTruncation) {
  const std::string whole = "psk;0;0;3f010000;";

  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_key_description(whole.substr(0, size))) << size;
  EXPECT_EQ(parse_key_description(whole)->description, "");
}

class KeyringTest : public testing::Test {
protected:
  void SetUp() override {
    if (!test::keys_work())
      GTEST_SKIP() << "this system has no keyrings";
  }

  test::Keyring keyring;
};

TEST_F(KeyringTest, ReadsIdentityAndKey) {
  const auto serial = keyring.add("a;name, with;semicolons", "0123456789abcdef0123");

  const auto psk = read_psk(serial).value();

  EXPECT_EQ(psk.psk.identity, "a;name, with;semicolons");
  EXPECT_EQ(text_of(psk.psk.key), "0123456789abcdef0123");
  EXPECT_EQ(psk.hash, tls::PskHash::WithSha256);
  EXPECT_EQ(psk.serial, serial);
}

TEST_F(KeyringTest, KnowsTheLimitsOfAKey) {
  EXPECT_TRUE(read_psk(keyring.add("least", std::string(tls::min_psk_size, 'k'))));
  EXPECT_TRUE(read_psk(keyring.add("most", std::string(tls::max_psk_size, 'k'))));
  EXPECT_FALSE(read_psk(keyring.add("too short", std::string(tls::min_psk_size - 1, 'k'))));
  EXPECT_FALSE(read_psk(keyring.add("too long", std::string(tls::max_psk_size + 1, 'k'))));
}

TEST_F(KeyringTest, SaysNothingOfAKeyInAnError) {
  const auto refused = read_psk(keyring.add("long", std::string(80, 'S')));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message().find("SSS"), std::string::npos);
  EXPECT_NE(refused.error().message().find("80 bytes"), std::string::npos);
}

TEST_F(KeyringTest, KnowsTheLimitOfAnIdentity) {
  EXPECT_TRUE(read_psk(keyring.add(std::string(tls::max_psk_identity, 'i'), key32)));
  EXPECT_FALSE(read_psk(keyring.add(std::string(tls::max_psk_identity + 1, 'i'), key32)));
}

TEST_F(KeyringTest, RefusesOtherTypes) {
  const test::Keyring other("ktlsctl-other");

  EXPECT_FALSE(read_psk(other.serial()));
}

TEST_F(KeyringTest, RefusesKeysThatAreGoneOrNoKeys) {
  const auto revoked = keyring.add("revoked", key32);
  (void)::syscall(SYS_keyctl, KEYCTL_REVOKE, revoked, 0, 0, 0);

  EXPECT_EQ(read_psk(revoked).error().code.value(), EKEYREVOKED);
  EXPECT_FALSE(read_psk(0));
  EXPECT_FALSE(read_psk(0x7fffffff));
}

TEST_F(KeyringTest, FindsByIdentityInThatKeyring) {
  const auto serial = keyring.add("client", key32);

  EXPECT_EQ(find_psk(keyring.serial(), "client")->serial, serial);
  EXPECT_EQ(find_psk(keyring.serial(), "other").error().code.value(), ENOKEY);
}

TEST_F(KeyringTest, FindsNothingElsewhere) {
  const test::Keyring other("ktlsctl-other");
  other.add("client", key32);
  (void)test::add_key("user", "client", key32, KEY_SPEC_PROCESS_KEYRING);

  EXPECT_EQ(find_psk(keyring.serial(), "client").error().code.value(), ENOKEY);
  (void)::syscall(SYS_keyctl, KEYCTL_CLEAR, KEY_SPEC_PROCESS_KEYRING, 0, 0, 0);
}

TEST_F(KeyringTest, FindsOnlyTheWholeIdentity) {
  keyring.add("client-1", key32);

  for (const std::string_view part : {"client", "", "client-11", "lient-1"})
    EXPECT_EQ(find_psk(keyring.serial(), part).error().code.value(), ENOKEY) << part;
  EXPECT_FALSE(find_psk(keyring.serial(), std::string_view("client-1\0x", 10)));
  EXPECT_FALSE(find_psk(keyring.serial(), std::string(tls::max_psk_identity + 1, 'i')));
}

TEST_F(KeyringTest, FindsInALargeKeyring) {
  for (std::size_t i = 0; i < max_keys_in_keyring + 10; ++i)
    keyring.add("key " + std::to_string(i), key32);

  EXPECT_TRUE(find_psk(keyring.serial(), "key 1030"));
  EXPECT_EQ(find_psk(keyring.serial(), "other").error().code.value(), ENOKEY);
}

TEST_F(KeyringTest, SaysThatAKeyringIsGone) {
  EXPECT_FALSE(find_psk(0x7fffffff, "client"));
}

TEST_F(KeyringTest, OffersTheFirstKeyThatGnutlsCanUse) {
  const auto sha384 = keyring.add("NVMe1R02 h s", key48);
  const auto sha256 = keyring.add("NVMe1R01 h s", key32);
  const std::vector<KeySerial> both{sha384, sha256};

  EXPECT_EQ(KeyringPsk::for_client(both, true)->used(), sha384);
  EXPECT_EQ(KeyringPsk::for_client(both, false)->used(), sha256);
  EXPECT_EQ(KeyringPsk::for_client(both, false)->find("")->identity, "NVMe1R01 h s");
  EXPECT_EQ(text_of(KeyringPsk::for_client(both, false)->find("")->key), key32);
}

TEST_F(KeyringTest, SaysOfEachKeyWhyItCannotBeUsed) {
  const auto sha384 = keyring.add("NVMe1R02 h s", key48);
  const auto wrong = keyring.add("NVMe1R01 h s", key48);

  const auto none = KeyringPsk::for_client(std::vector<KeySerial>{sha384, wrong}, false);

  ASSERT_FALSE(none);
  const std::string text = none.error().message();
  EXPECT_NE(text.find("SHA-384"), std::string::npos) << text;
  EXPECT_NE(text.find("hash 01 and a key of 48 bytes"), std::string::npos) << text;
  EXPECT_FALSE(KeyringPsk::for_client({}, true));
}

TEST_F(KeyringTest, RemembersTheKeyOfAServer) {
  const auto serial = keyring.add("client", key32);
  keyring.add("NVMe1R02 h s", key48);
  auto keys = KeyringPsk::for_server(keyring.serial(), false);

  EXPECT_EQ(keys.used(), std::nullopt);
  EXPECT_FALSE(keys.find("NVMe1R02 h s"));
  EXPECT_EQ(keys.used(), std::nullopt);
  EXPECT_TRUE(keys.find("client"));
  EXPECT_EQ(keys.used(), serial);
}

TEST_F(KeyringTest, KeepsALinkUntilTheLastHoldIsGone) {
  KeyringLinks links;
  auto first = links.hold(keyring.serial());
  auto second = links.hold(keyring.serial());

  first = {};
  EXPECT_TRUE(keyring.is_linked());
  { const auto moved = std::move(second); }
  EXPECT_FALSE(keyring.is_linked());
}

TEST_F(KeyringTest, LeavesTheLinksOfOthers) {
  const test::Keyring other("ktlsctl-other");
  KeyringLinks links;
  const auto kept = links.hold(other.serial());

  { const auto gone = links.hold(keyring.serial()); }

  EXPECT_FALSE(keyring.is_linked());
  EXPECT_TRUE(other.is_linked());
}

TEST_F(KeyringTest, TakesUnnamedLinksAwayWhenNobodyNeedsAny) {
  KeyringLinks links;
  auto named = links.hold(0x7fffffff);
  { const auto unnamed = links.hold(0); }

  EXPECT_TRUE(keyring.is_linked());
  named = {};
  EXPECT_TRUE(test::process_keyring().empty());
}

} // namespace
} // namespace ktls
