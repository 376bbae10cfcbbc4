// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/distinguished_name.hpp"

#include <gtest/gtest.h>

#include "tls/der_writer.hpp"

namespace ktls::tls {
namespace {

namespace der = test::der;
using namespace std::string_literals;

constexpr std::uint8_t utf8 = 12, printable = 19, universal = 28, bmp = 30, octet_string = 4;

DistinguishedName parse(const std::string& content) {
  return DistinguishedName::parse(der::bytes(content)).value();
}
DistinguishedName common(std::string_view text, std::uint8_t tag = utf8) {
  return parse(der::common_name(text, tag));
}

TEST(DistinguishedName, IsComparedWithoutCaseAndSpaces) {
  EXPECT_EQ(common("Good CA"), common("gOOD ca"));
  EXPECT_EQ(common("Good CA"), common("  Good   CA "));
  EXPECT_FALSE(common("Good CA") == common("GoodCA"));
  EXPECT_FALSE(common("Good CA") == common("Good CB"));
}

TEST(DistinguishedName, IsComparedWithoutStringTypes) {
  EXPECT_EQ(common("ab"), common("ab", printable));
  EXPECT_EQ(common("ab"), common("\0a\0b"s, bmp));
  EXPECT_EQ(common("ab"), common("\0\0\0a\0\0\0b"s, universal));
  EXPECT_EQ(common("\xc3\xa4\xe2\x82\xac"), common("\x00\xe4\x20\xac"s, bmp));
  EXPECT_EQ(common("\xf0\x9f\x98\x80"), common("\x00\x01\xf6\x00"s, universal));
  EXPECT_FALSE(common("ab") == common("ab", octet_string));
}

TEST(DistinguishedName, IsComparedInOrder) {
  const auto a = der::common_name("a");
  const auto b = der::common_name("b");

  EXPECT_FALSE(parse(a + b) == parse(b + a));
  EXPECT_FALSE(parse(a) == parse(a + b));
  EXPECT_FALSE(common("a") == parse(der::attribute("\x55\x04\x0a", "a"))) << "of another type";
  EXPECT_FALSE(common("ab") == parse(a + b));
}

TEST(DistinguishedName, IsWithinASubtree) {
  const auto base = parse(der::common_name("a"));

  EXPECT_TRUE(base.is_within(base));
  EXPECT_TRUE(parse(der::common_name("A") + der::common_name("b")).is_within(base));
  EXPECT_FALSE(base.is_within(parse(der::common_name("a") + der::common_name("b"))));
  EXPECT_FALSE(common("ab").is_within(base));
  EXPECT_TRUE(base.is_within(parse("")));
}

TEST(DistinguishedName, SeesNuls) {
  EXPECT_TRUE(common("a\0b"s).has_nul());
  EXPECT_FALSE(common("ab").has_nul());
  EXPECT_FALSE(common("\0a"s, bmp).has_nul()) << "half a character";
  EXPECT_TRUE(common("\0\0"s, bmp).has_nul());
}

TEST(DistinguishedName, RefusesWhatIsMalformed) {
  const auto sound = der::common_name("server");
  for (std::size_t i = 1; i < sound.size(); ++i)
    EXPECT_FALSE(DistinguishedName::parse(der::bytes(sound.substr(0, i)))) << i;
  EXPECT_FALSE(DistinguishedName::parse(der::bytes(der::set(""))));
  EXPECT_FALSE(DistinguishedName::parse(der::bytes(sound + "x")));
}

} // namespace
} // namespace ktls::tls
