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
  return {};
}

Profile server() {
  Profile profile;
  profile.role = HandshakeRole::ServerWithClientAuth;
  profile.client_auth_type = ClientAuthType::Full;
  profile.authentication = Authentication::Certificate;
  profile.session_tickets = true;
  profile.credentials = {1, 0};
  profile.verification = {1,    Proof::Chain, RevocationLevel::High,     true, true,
                          3072, 384,          {SpkiHash{7}, SpkiHash{8}}};
  profile.alpn = {"h2", "http/1.1"};
  profile.peer_limits = {1, 2, 3, 4};
  return profile;
}

// What server() needs.
WorkerConfiguration with(const Profile& profile) {
  WorkerConfiguration out;
  out.credentials = {{5, {der(20), der(300)}, der(4)}, {6, {der(3)}, {}}};
  out.trust_stores = {{{der(7), der(0)}, {}}, {{der(9)}, {der(2)}}};
  out.profiles = {profile};
  return out;
}

WorkerConfiguration good() {
  Profile psk = client();
  psk.authentication = Authentication::PreSharedKey;
  psk.priority = "-VERS-ALL";
  auto out = with(client());
  out.limits_records = true;
  out.keeps_secrets = true;
  out.profiles.push_back(server());
  out.profiles.push_back(psk);
  return out;
}

bool decodes(std::span<const std::byte> bytes) {
  return decode_configuration(bytes).has_value();
}
bool decodes(const WorkerConfiguration& configuration) {
  return decodes(encode(configuration));
}
bool decodes(const Profile& profile) {
  return decodes(with(profile));
}

// A configuration with nothing but a profile that names nothing.
WorkerConfiguration bare() {
  WorkerConfiguration out;
  out.profiles = {Profile{}};
  return out;
}

// Where encode() has put what of bare().
enum Offset : std::size_t {
  magic = 0,
  limits_records = 4,
  credential_count = 8,
  trust_store_count = 12,
  profile_count = 16,
  role = 20,
  client_auth_type = 24,
  authentication = 28,
  session_tickets = 32,
  priority_size = 36,
  own_credential_count = 40,
  trust_store = 44,
  proof = 48,
  revocation = 52,
  trust_intermediates = 56,
  require_ocsp_staple = 60,
  pin_count = 72,
};

bool decodes_with(Offset offset, std::uint32_t value) {
  Bytes bytes = encode(bare());
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
  EXPECT_TRUE(decodes_with(magic, 0x6b746333));
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
  EXPECT_TRUE(decodes_with(client_auth_type, 1));
  EXPECT_TRUE(decodes_with(client_auth_type, 2));
  EXPECT_TRUE(decodes_with(client_auth_type, 3));
  EXPECT_TRUE(decodes_with(client_auth_type, 4));
  EXPECT_FALSE(decodes_with(client_auth_type, 5));
  EXPECT_FALSE(decodes_with(client_auth_type, 0x102));
}

TEST(WorkerConfiguration, TakesTheOtherChoicesItKnows) {
  EXPECT_TRUE(decodes_with(authentication, 2));
  EXPECT_FALSE(decodes_with(authentication, 0));
  EXPECT_FALSE(decodes_with(authentication, 3));
  EXPECT_FALSE(decodes_with(limits_records, 2));
  EXPECT_TRUE(decodes_with(proof, 0));
  EXPECT_FALSE(decodes_with(proof, 3));
  EXPECT_TRUE(decodes_with(revocation, 3));
  EXPECT_FALSE(decodes_with(revocation, 4));
  EXPECT_FALSE(decodes_with(trust_intermediates, 2));
  EXPECT_FALSE(decodes_with(require_ocsp_staple, 2));
  EXPECT_TRUE(decodes_with(session_tickets, 0));
  EXPECT_FALSE(decodes_with(session_tickets, 2));
}

TEST(WorkerConfiguration, RefusesCountsThatLie) {
  for (const std::uint32_t count : {1000U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    EXPECT_FALSE(decodes_with(priority_size, count)) << count;
    EXPECT_FALSE(decodes_with(profile_count, count)) << count;
    EXPECT_FALSE(decodes_with(credential_count, count)) << count;
    EXPECT_FALSE(decodes_with(trust_store_count, count)) << count;
    EXPECT_FALSE(decodes_with(own_credential_count, count)) << count;
    EXPECT_FALSE(decodes_with(pin_count, count)) << count;
  }
  EXPECT_FALSE(decodes_with(profile_count, 0));
  EXPECT_FALSE(decodes_with(profile_count, 2));
}

TEST(WorkerConfiguration, WantsKeyAndChainTogether) {
  auto no_key = with(server());
  no_key.credentials.front().key_id = 0;
  auto no_chain = with(server());
  no_chain.credentials.front().chain.clear();

  EXPECT_TRUE(decodes(server()));
  EXPECT_FALSE(decodes(no_key));
  EXPECT_FALSE(decodes(no_chain));
}

TEST(WorkerConfiguration, WantsWhatAProfileNames) {
  Profile no_credential = server();
  no_credential.credentials.push_back(2);
  Profile no_store = server();
  no_store.verification.trust_store = 2;
  Profile none = server();
  none.verification.trust_store = no_trust_store;

  EXPECT_FALSE(decodes(no_credential));
  EXPECT_FALSE(decodes(no_store));
  EXPECT_TRUE(decodes(none));
}

TEST(WorkerConfiguration, RefusesAChainThatIsTooLong) {
  auto longest = with(server());
  longest.credentials.back().chain.assign(10, der(3));
  auto longer = with(server());
  longer.credentials.back().chain.assign(11, der(3));

  EXPECT_TRUE(decodes(longest));
  EXPECT_FALSE(decodes(longer));
}

TEST(WorkerConfiguration, RefusesTooManyCredentialsOrPins) {
  Profile most = server();
  most.credentials.assign(64, 0);
  most.verification.pins.assign(64, SpkiHash{});
  Profile credentials = most;
  credentials.credentials.push_back(0);
  Profile pins = most;
  pins.verification.pins.emplace_back();

  EXPECT_TRUE(decodes(most));
  EXPECT_FALSE(decodes(credentials));
  EXPECT_FALSE(decodes(pins));
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
