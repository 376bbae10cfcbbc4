// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/profile.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace ktls::ipc {
namespace {

using Bytes = std::vector<std::byte>;

Der der(std::size_t size) {
  return Der(size, std::byte{0x30});
}

Profile client() {
  Profile profile;
  profile.trust = {der(7), der(0)};
  return profile;
}

Profile server() {
  Profile profile;
  profile.role = HandshakeRole::ServerWithClientAuth;
  profile.client_auth_type = ClientAuthType::Full;
  profile.key_id = 5;
  profile.chain = {der(20), der(300)};
  profile.trust = {der(9)};
  return profile;
}

WorkerConfiguration good() {
  return {"NORMAL:-VERS-ALL", {client(), server()}};
}

bool decodes(std::span<const std::byte> bytes) {
  return decode_configuration(bytes).has_value();
}
bool decodes(const Profile& profile) {
  return decodes(encode({"NORMAL", {profile}}));
}

// Where encode() has put what, for a configuration with an empty priority and one profile.
enum Offset : std::size_t {
  magic = 0,
  priority_size = 4,
  profile_count = 8,
  role = 12,
  client_auth_type = 16,
  key_id = 20,
  chain_count = 24,
  first_chain_size = 28,
};

bool decodes_with(Offset offset, std::uint32_t value) {
  Bytes bytes = encode({"", {server()}});
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return decodes(bytes);
}

TEST(WorkerConfiguration, SurvivesEncoding) {
  const auto decoded = decode_configuration(encode(good()));

  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, good());
}

TEST(WorkerConfiguration, MayHaveNoProfiles) {
  const WorkerConfiguration empty;

  EXPECT_EQ(decode_configuration(encode(empty)), empty);
}

TEST(WorkerConfiguration, RefusesTruncationAtEveryByte) {
  const Bytes whole = encode(good());

  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decodes(std::span(whole).first(size))) << size;
}

TEST(WorkerConfiguration, RefusesBytesBehindItsEnd) {
  Bytes bytes = encode(good());

  bytes.push_back(std::byte{0});

  EXPECT_FALSE(decodes(bytes));
}

TEST(WorkerConfiguration, RefusesAnotherLayout) {
  EXPECT_TRUE(decodes_with(magic, 0x6b746331));
  EXPECT_FALSE(decodes_with(magic, 0x6b746332));
  EXPECT_FALSE(decodes_with(magic, 0));
}

TEST(WorkerConfiguration, TakesTheRolesItKnows) {
  EXPECT_FALSE(decodes_with(role, 0));
  EXPECT_TRUE(decodes_with(role, 1));
  EXPECT_TRUE(decodes_with(role, 2));
  EXPECT_TRUE(decodes_with(role, 3));
  EXPECT_FALSE(decodes_with(role, 4));
  EXPECT_FALSE(decodes_with(role, 0x101)); // 1 as one byte
}

TEST(WorkerConfiguration, TakesTheClientAuthTypesItKnows) {
  EXPECT_FALSE(decodes_with(client_auth_type, 0));
  EXPECT_FALSE(decodes_with(client_auth_type, 1));
  EXPECT_TRUE(decodes_with(client_auth_type, 2));
  EXPECT_TRUE(decodes_with(client_auth_type, 3));
  EXPECT_FALSE(decodes_with(client_auth_type, 4));
  EXPECT_FALSE(decodes_with(client_auth_type, 0x102));
}

TEST(WorkerConfiguration, RefusesCountsThatLie) {
  for (const std::uint32_t count : {1000U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    EXPECT_FALSE(decodes_with(priority_size, count)) << count;
    EXPECT_FALSE(decodes_with(profile_count, count)) << count;
    EXPECT_FALSE(decodes_with(chain_count, count)) << count;
    EXPECT_FALSE(decodes_with(first_chain_size, count)) << count;
  }
  EXPECT_FALSE(decodes_with(profile_count, 0));
  EXPECT_FALSE(decodes_with(profile_count, 2));
}

TEST(WorkerConfiguration, WantsKeyAndChainTogether) {
  Profile no_key = server();
  no_key.key_id = 0;
  Profile no_chain = server();
  no_chain.chain.clear();

  EXPECT_TRUE(decodes(server()));
  EXPECT_FALSE(decodes(no_key));
  EXPECT_FALSE(decodes(no_chain));
}

TEST(WorkerConfiguration, RefusesAChainThatIsTooLong) {
  Profile longest = server();
  longest.chain.assign(10, der(3));
  Profile longer = server();
  longer.chain.assign(11, der(3));

  EXPECT_TRUE(decodes(longest));
  EXPECT_FALSE(decodes(longer));
}

} // namespace
} // namespace ktls::ipc
