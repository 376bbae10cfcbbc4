// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/oid_text.hpp"

#include <gtest/gtest.h>

namespace ktls::identity {
namespace {

std::string of(std::string_view bytes) {
  return oid_text(std::as_bytes(std::span(bytes)));
}

TEST(OidText, IsDotted) {
  EXPECT_EQ(of("\x2b\x06\x01\x05\x05\x07\x03\x02"), "1.3.6.1.5.5.7.3.2");
  EXPECT_EQ(of("\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03"), "1.3.6.1.4.1.311.20.2.3");
  EXPECT_EQ(of(std::string_view("\x55\x1d\x25\x00", 4)), "2.5.29.37.0");
  EXPECT_EQ(of("\x88\x37"), "2.999");
}

TEST(OidText, OfBrokenOnesIsNoOid) {
  EXPECT_EQ(of(""), "#");
  EXPECT_EQ(of("\x2b\x86"), "#2b86");
  EXPECT_EQ(of("\x2b\x80\x01"), "#2b8001") << "has a zero in front";
}

// 2.25 and 128 bits of a UUID are allowed
TEST(OidText, OfLongNumbersIsTheirBytes) {
  EXPECT_EQ(of("\x2b\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "1.3.9223372036854775807");
  EXPECT_EQ(of("\x2b\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00").front(), '#');
  EXPECT_FALSE(is_oid("#2b86"));
}

TEST(IsOid, IsForNumbersAndDots) {
  EXPECT_TRUE(is_oid("1.2"));
  EXPECT_TRUE(is_oid("1.3.6.1.4.1.311.20.2.3"));
  for (const char* wrong : {"", "1", "1.", ".1", "1..2", "1.02", "1.2a", "1. 2", "-1.2"})
    EXPECT_FALSE(is_oid(wrong)) << wrong;
}

} // namespace
} // namespace ktls::identity
