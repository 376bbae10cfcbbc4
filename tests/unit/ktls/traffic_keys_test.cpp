// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/traffic_keys.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "ktls/record_vectors.hpp"

namespace ktls {
namespace {

using test::hex;
using test::keys_of;
using test::RecordVector;

using Bytes = std::vector<std::byte>;

static_assert(!std::is_copy_constructible_v<TransmitKeys>);
static_assert(!std::is_copy_assignable_v<TransmitKeys>);
static_assert(!std::is_convertible_v<TransmitKeys, ReceiveKeys>);
static_assert(!std::is_convertible_v<ReceiveKeys, TransmitKeys>);

Bytes copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

bool accepts(Suite suite, std::size_t key, std::size_t iv, std::size_t sequence) {
  return TransmitKeys::create(suite, Bytes(key), Bytes(iv), Bytes(sequence)).has_value();
}

class EachCipherKeys : public testing::TestWithParam<RecordVector> {};

TEST_P(EachCipherKeys, AreHeldAsGiven) {
  const RecordVector& vector = GetParam();

  const auto keys = keys_of<ReceiveKeys>(vector);

  EXPECT_EQ(keys.suite(), vector.suite);
  EXPECT_EQ(copy(keys.key()), hex(vector.key));
  EXPECT_EQ(copy(keys.iv()), hex(vector.iv));
  EXPECT_EQ(copy(keys.record_sequence()), hex(vector.sequence));
  EXPECT_EQ(keys.next_record(), test::number_of(vector));
}

TEST_P(EachCipherKeys, AreMoved) {
  auto first = keys_of<ReceiveKeys>(GetParam());

  const ReceiveKeys second = std::move(first);

  EXPECT_EQ(copy(second.key()), hex(GetParam().key));
}

TEST_P(EachCipherKeys, HaveTheSuitesSizes) {
  const Suite suite = GetParam().suite;
  const std::size_t size = GetParam().key.size() / 2;
  const std::size_t iv = GetParam().iv.size() / 2;

  EXPECT_TRUE(accepts(suite, size, iv, 8));
  EXPECT_FALSE(accepts(suite, size - 1, iv, 8));
  EXPECT_FALSE(accepts(suite, size + 1, iv, 8));
  EXPECT_FALSE(accepts(suite, 48 - size, iv, 8)); // another cipher's
  EXPECT_FALSE(accepts(suite, 0, iv, 8));
  EXPECT_FALSE(accepts(suite, size, 16 - iv, 8)); // the other protocol's
  EXPECT_FALSE(accepts(suite, size, 0, 8));
  EXPECT_FALSE(accepts(suite, size, iv - 1, 8));
  EXPECT_FALSE(accepts(suite, size, iv + 1, 8));
  EXPECT_FALSE(accepts(suite, size, iv, 7));
  EXPECT_FALSE(accepts(suite, size, iv, 9));
}

INSTANTIATE_TEST_SUITE_P(TrafficKeys, EachCipherKeys, testing::ValuesIn(test::record_vectors));

TEST(TrafficKeys, SaysWhichSizesAreWrong) {
  const auto keys =
      TransmitKeys::create({Protocol::Tls12, Cipher::Aes256Gcm}, Bytes(16), Bytes(12), Bytes(8));

  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().message(),
            "key material of TLS 1.2 for the cipher of TLS_AES_256_GCM_SHA384: sizes 16, 12 and 8 "
            "instead of 32, 4 and 8");
}

TEST(TrafficKeys, ReadTheWholeNumber) {
  const auto keys = ReceiveKeys::create({Protocol::Tls13, Cipher::Aes128Gcm}, Bytes(16), Bytes(12),
                                        hex("fedcba9876543210"));

  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->next_record(), 0xfedcba9876543210U);
}

struct SuiteName {
  std::string_view name;
  Suite suite;
};
constexpr SuiteName suite_names[] = {
    {"TLS_AES_128_GCM_SHA256", {Protocol::Tls13, Cipher::Aes128Gcm}},
    {"TLS_AES_256_GCM_SHA384", {Protocol::Tls13, Cipher::Aes256Gcm}},
    {"TLS_AES_128_CCM_SHA256", {Protocol::Tls13, Cipher::Aes128Ccm}},
    {"TLS_CHACHA20_POLY1305_SHA256", {Protocol::Tls13, Cipher::Chacha20Poly1305}},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", {Protocol::Tls12, Cipher::Aes128Gcm}},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", {Protocol::Tls12, Cipher::Aes128Gcm}},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", {Protocol::Tls12, Cipher::Aes256Gcm}},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {Protocol::Tls12, Cipher::Aes256Gcm}},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", {Protocol::Tls12, Cipher::Aes128Ccm}},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", {Protocol::Tls12, Cipher::Chacha20Poly1305}},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", {Protocol::Tls12, Cipher::Chacha20Poly1305}},
};

TEST(Suite, IsFoundByItsName) {
  for (const auto& row : suite_names)
    EXPECT_EQ(suite_from_name(row.name), row.suite) << row.name;
}

TEST(Suite, IsNotFoundByAnotherName) {
  for (const auto* name :
       {"", "unknown", "TLS_AES_128_CCM_8_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"})
    EXPECT_EQ(suite_from_name(name), std::nullopt) << name;
}

} // namespace
} // namespace ktls
