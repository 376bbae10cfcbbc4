// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/key_schedule.hpp"

#include <gtest/gtest.h>

#include "ktls/record_vectors.hpp"

namespace ktls::tls {
namespace {

using ktls::test::hex;

std::vector<std::byte> copy_of(const Secret& secret) {
  return {secret.bytes().begin(), secret.bytes().end()};
}

// RFC 8448, section 3: client_application_traffic_secret_0, and its write key and iv.
const auto rfc_secret = hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");

TEST(KeySchedule, MakesTheWriteKeyOfTheRfc) {
  const auto write = write_key_of(rfc_secret, 16, 12);

  ASSERT_TRUE(write);
  EXPECT_EQ(copy_of(write->key), hex("17422dda596ed5d9acd890e3c63f5051"));
  EXPECT_EQ(copy_of(write->iv), hex("5b78923dee08579033e523d9"));
}

// The expected values are of an HKDF-Expand-Label by the HMAC of Python's standard library.
TEST(KeySchedule, MakesTheNextSecret) {
  const auto next = next_traffic_secret(rfc_secret);

  ASSERT_TRUE(next);
  EXPECT_EQ(copy_of(*next),
            hex("fcdfcc72725aaee48bf64e4fd8b749cdbdbab39d90da0b26e2245ca6ea167207"));
}

TEST(KeySchedule, UsesTheHashThatTheSizeTells) {
  const auto secret = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                          "202122232425262728292a2b2c2d2e2f");
  const auto next = next_traffic_secret(secret);
  const auto write = write_key_of(secret, 32, 12);

  ASSERT_TRUE(next && write);
  EXPECT_EQ(copy_of(*next), hex("401331b63e9d59f202e8f041042d9516f4cd7fa2e2ee14631d3b49fc340d7af3"
                                "7fc2c0c9f252d8036f81ec5b85cbe5db"));
  EXPECT_EQ(copy_of(write->key),
            hex("6877d022f1c61d24ebb7487c16752d9a4798e40431c75b39320e537c90e23225"));
  EXPECT_EQ(copy_of(write->iv), hex("42822531a0fe88648fc09e9f"));
}

TEST(KeySchedule, RefusesOtherSizes) {
  EXPECT_FALSE(next_traffic_secret({}));
  EXPECT_FALSE(next_traffic_secret(std::span(rfc_secret).first(31)));
  EXPECT_FALSE(write_key_of(std::span(rfc_secret).first(16), 16, 12));
}

} // namespace
} // namespace ktls::tls
