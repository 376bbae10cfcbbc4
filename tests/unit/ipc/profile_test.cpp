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
  profile.authentication = Authentication::Certificate;
  profile.session_tickets = true;
  profile.credentials = {{5, 0, {der(20), der(300)}}, {6, 1, {der(3)}}};
  profile.trust = {der(9)};
  profile.alpn = {"h2", "http/1.1"};
  profile.peer_limits = {1, 2, 3, 4};
  return profile;
}

WorkerConfiguration good() {
  Profile psk = client();
  psk.authentication = Authentication::PreSharedKey;
  psk.priority = "-VERS-ALL";
  return {true, {client(), server(), psk}};
}

bool decodes(std::span<const std::byte> bytes) {
  return decode_configuration(bytes).has_value();
}
bool decodes(const Profile& profile) {
  return decodes(encode({false, {profile}}));
}

// Where encode() has put what, for a configuration with one profile that has an empty priority.
enum Offset : std::size_t {
  magic = 0,
  limits_records = 4,
  profile_count = 8,
  role = 12,
  client_auth_type = 16,
  authentication = 20,
  session_tickets = 24,
  priority_size = 28,
  credential_count = 32,
  key_id = 36,
  chain_count = 44,
  first_chain_size = 48,
};

bool decodes_with(Offset offset, std::uint32_t value) {
  Bytes bytes = encode({false, {server()}});
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
  EXPECT_TRUE(decodes_with(magic, 0x6b746332));
  EXPECT_FALSE(decodes_with(magic, 0x6b746331));
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

TEST(WorkerConfiguration, TakesTheOtherChoicesItKnows) {
  EXPECT_TRUE(decodes_with(authentication, 2));
  EXPECT_FALSE(decodes_with(authentication, 0));
  EXPECT_FALSE(decodes_with(authentication, 3));
  EXPECT_FALSE(decodes_with(limits_records, 2));
  EXPECT_TRUE(decodes_with(session_tickets, 0));
  EXPECT_FALSE(decodes_with(session_tickets, 2));
}

TEST(WorkerConfiguration, RefusesCountsThatLie) {
  for (const std::uint32_t count : {1000U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    EXPECT_FALSE(decodes_with(priority_size, count)) << count;
    EXPECT_FALSE(decodes_with(profile_count, count)) << count;
    EXPECT_FALSE(decodes_with(credential_count, count)) << count;
    EXPECT_FALSE(decodes_with(chain_count, count)) << count;
    EXPECT_FALSE(decodes_with(first_chain_size, count)) << count;
  }
  EXPECT_FALSE(decodes_with(profile_count, 0));
  EXPECT_FALSE(decodes_with(profile_count, 2));
}

TEST(WorkerConfiguration, WantsKeyAndChainTogether) {
  Profile no_chain = server();
  no_chain.credentials.front().chain.clear();

  EXPECT_TRUE(decodes(server()));
  EXPECT_FALSE(decodes_with(key_id, 0));
  EXPECT_FALSE(decodes(no_chain));
}

// A permit to sign names the first key and how many there are.
TEST(WorkerConfiguration, WantsTheKeysOfAProfileInOrder) {
  Profile gap = server();
  gap.credentials.back().key_id = 7;

  EXPECT_FALSE(decodes(gap));
}

TEST(WorkerConfiguration, RefusesAChainThatIsTooLong) {
  Profile longest = server();
  longest.credentials.back().chain.assign(10, der(3));
  Profile longer = server();
  longer.credentials.back().chain.assign(11, der(3));

  EXPECT_TRUE(decodes(longest));
  EXPECT_FALSE(decodes(longer));
}

TEST(WorkerConfiguration, RefusesProtocolNamesOfAWrongSize) {
  Profile longest = server();
  longest.alpn = {std::string(255, 'x')};
  Profile longer = server();
  longer.alpn = {std::string(256, 'x')};
  Profile empty = server();
  empty.alpn = {""};
  Profile many = server();
  many.alpn.assign(17, "x");

  EXPECT_TRUE(decodes(longest));
  EXPECT_FALSE(decodes(longer));
  EXPECT_FALSE(decodes(empty));
  EXPECT_FALSE(decodes(many));
}

} // namespace
} // namespace ktls::ipc
