// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/traffic_keys.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "ktls/tls13_vectors.hpp"

namespace ktls {
namespace {

using test::hex;
using test::keys_of;
using test::Tls13Vector;

using Bytes = std::vector<std::byte>;

static_assert(!std::is_copy_constructible_v<TransmitKeys>);
static_assert(!std::is_copy_assignable_v<TransmitKeys>);
static_assert(!std::is_convertible_v<TransmitKeys, ReceiveKeys>);
static_assert(!std::is_convertible_v<ReceiveKeys, TransmitKeys>);

Bytes copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

bool accepts(Cipher cipher, std::size_t key, std::size_t iv, std::size_t sequence) {
  return TransmitKeys::create(cipher, Bytes(key), Bytes(iv), Bytes(sequence)).has_value();
}

class EachCipherKeys : public testing::TestWithParam<Tls13Vector> {};

TEST_P(EachCipherKeys, AreHeldAsGiven) {
  const Tls13Vector& vector = GetParam();

  const auto keys = keys_of<ReceiveKeys>(vector);

  EXPECT_EQ(keys.cipher(), vector.cipher);
  EXPECT_EQ(copy(keys.key()), hex(vector.key));
  EXPECT_EQ(copy(keys.iv()), hex(vector.iv));
  EXPECT_EQ(copy(keys.record_sequence()), hex(vector.sequence));
}

TEST_P(EachCipherKeys, AreMoved) {
  auto first = keys_of<ReceiveKeys>(GetParam());

  const ReceiveKeys second = std::move(first);

  EXPECT_EQ(copy(second.key()), hex(GetParam().key));
}

TEST_P(EachCipherKeys, HaveTheCiphersSizes) {
  const Cipher cipher = GetParam().cipher;
  const std::size_t size = GetParam().key.size() / 2;

  EXPECT_TRUE(accepts(cipher, size, 12, 8));
  EXPECT_FALSE(accepts(cipher, size - 1, 12, 8));
  EXPECT_FALSE(accepts(cipher, size + 1, 12, 8));
  EXPECT_FALSE(accepts(cipher, 48 - size, 12, 8)); // another cipher's
  EXPECT_FALSE(accepts(cipher, 0, 12, 8));
  EXPECT_FALSE(accepts(cipher, size, 4, 8)); // what TLS 1.2 has
  EXPECT_FALSE(accepts(cipher, size, 11, 8));
  EXPECT_FALSE(accepts(cipher, size, 13, 8));
  EXPECT_FALSE(accepts(cipher, size, 12, 7));
  EXPECT_FALSE(accepts(cipher, size, 12, 9));
}

INSTANTIATE_TEST_SUITE_P(TrafficKeys, EachCipherKeys, testing::ValuesIn(test::tls13_vectors));

TEST(TrafficKeys, SaysWhichSizesAreWrong) {
  const auto keys = TransmitKeys::create(Cipher::Aes256Gcm, Bytes(16), Bytes(12), Bytes(8));

  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().message(), "key material of TLS_AES_256_GCM_SHA384: sizes 16, 12 and 8 "
                                    "instead of 32, 12 and 8");
}

TEST(Cipher, IsFoundByItsName) {
  EXPECT_EQ(cipher_from_name("TLS_AES_128_GCM_SHA256"), Cipher::Aes128Gcm);
  EXPECT_EQ(cipher_from_name("TLS_AES_256_GCM_SHA384"), Cipher::Aes256Gcm);
  EXPECT_EQ(cipher_from_name("TLS_AES_128_CCM_SHA256"), Cipher::Aes128Ccm);
  EXPECT_EQ(cipher_from_name("TLS_CHACHA20_POLY1305_SHA256"), Cipher::Chacha20Poly1305);
}

TEST(Cipher, IsNotFoundByAnotherName) {
  EXPECT_EQ(cipher_from_name(""), std::nullopt);
  EXPECT_EQ(cipher_from_name("TLS_AES_128_CCM_8_SHA256"), std::nullopt);
}

} // namespace
} // namespace ktls
