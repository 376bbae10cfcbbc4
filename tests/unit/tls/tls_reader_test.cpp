// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/tls_reader.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ktls::tls {
namespace {

template<class... Values>
std::array<std::byte, sizeof...(Values)> bytes(Values... values) {
  return {std::byte(values)...};
}

TEST(TlsReader, ReadsBigEndianNumbers) {
  const auto in = bytes(1, 2, 3, 4, 5, 6, 0xff, 0xff, 0xff, 0xff);
  TlsReader reader(in);

  EXPECT_EQ(reader.number(1), 1U);
  EXPECT_EQ(reader.number(2), 0x0203U);
  EXPECT_EQ(reader.number(3), 0x040506U);
  EXPECT_EQ(reader.number(4), 0xffffffffU);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

TEST(TlsReader, ReadsVectors) {
  const auto in = bytes(2, 7, 8, 0, 1, 9, 0, 0, 0);
  TlsReader reader(in);

  const auto first = reader.vector(1);
  const auto second = reader.vector(2);
  const auto empty = reader.vector(3);

  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[1], std::byte{8});
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0], std::byte{9});
  EXPECT_TRUE(empty.empty());
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

TEST(TlsReader, ReadsNothingOfNothing) {
  TlsReader reader({});

  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.bytes(0).empty());
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.number(1), 0U);
  EXPECT_FALSE(reader.ok());
}

TEST(TlsReader, EndsWhereItIsCutShortAtAnyByte) {
  const auto in = bytes(0, 3, 1, 2, 3, 0, 1, 9);
  for (std::size_t size = 0; size < in.size(); ++size) {
    TlsReader reader(std::span<const std::byte>(in).first(size));

    const auto first = reader.vector(2);
    const auto second = reader.vector(2);

    EXPECT_EQ(first.size(), size < 5 ? 0U : 3U) << size;
    EXPECT_TRUE(second.empty()) << size;
    EXPECT_FALSE(reader.ok()) << size;
    EXPECT_TRUE(reader.at_end()) << size;
  }
}

TEST(TlsReader, ReadsNothingBehindAFailure) {
  const auto in = bytes(9, 1, 2, 3);
  TlsReader reader(in);

  EXPECT_TRUE(reader.vector(1).empty());

  EXPECT_EQ(reader.number(1), 0U);
  EXPECT_TRUE(reader.bytes(0).empty());
  EXPECT_FALSE(reader.ok());
}

} // namespace
} // namespace ktls::tls
