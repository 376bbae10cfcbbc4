// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/crypto_info.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <type_traits>

#include "ktls/record_vectors.hpp"

namespace ktls {
namespace {

using test::hex;
using test::keys_of;
using test::RecordVector;

using Bytes = std::vector<std::byte>;

static_assert(!std::is_copy_constructible_v<CryptoInfo>);

std::uint16_t number_at(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint16_t value = 0;
  std::memcpy(&value, bytes.subspan(offset).data(), sizeof(value));
  return value;
}

class EachCipherInfo : public testing::TestWithParam<RecordVector> {};

TEST_P(EachCipherInfo, HasTheKernelsLayout) {
  const auto keys = keys_of<TransmitKeys>(GetParam());

  const auto info = CryptoInfo::of(keys).value();

  const auto bytes = info.bytes();
  EXPECT_EQ(number_at(bytes, 0), GetParam().version);
  EXPECT_EQ(number_at(bytes, 2), GetParam().kernel_type);
  EXPECT_EQ(Bytes(bytes.begin() + 4, bytes.end()), hex(GetParam().crypto_info));
}

TEST_P(EachCipherInfo, IsTheSameForBothDirections) {
  const auto transmit = keys_of<TransmitKeys>(GetParam());
  const auto receive = keys_of<ReceiveKeys>(GetParam());

  const auto transmit_info = CryptoInfo::of(transmit).value();
  const auto receive_info = CryptoInfo::of(receive).value();

  EXPECT_TRUE(std::ranges::equal(transmit_info.bytes(), receive_info.bytes()));
}

INSTANTIATE_TEST_SUITE_P(CryptoInfo, EachCipherInfo, testing::ValuesIn(test::record_vectors));

} // namespace
} // namespace ktls
