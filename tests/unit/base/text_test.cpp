// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace ktls {
namespace {

std::string every_byte() {
  std::string text;
  for (int byte = 0; byte < 256; ++byte)
    text.push_back(static_cast<char>(byte));
  return text;
}

TEST(Escape, LeavesPrintableAsciiAlone) {
  const std::string text = " !\"#CN=a,O=b\\5C\\\\ ~";

  EXPECT_EQ(escape(text), text);
}

TEST(Escape, ShowsControlCharacters) {
  EXPECT_EQ(escape(std::string_view("a\0b\n\r\t\x1b[2J", 10)), "a\\x00b\\x0a\\x0d\\x09\\x1b[2J");
  EXPECT_EQ(escape("\x7f"), "\\x7f");
}

TEST(Escape, ShowsBytesAboveAscii) {
  EXPECT_EQ(escape("M\xc3\xbcller"), "M\\xc3\\xbcller");
  EXPECT_EQ(escape("\x80\xff"), "\\x80\\xff");
}

TEST(Escape, ChangesNothingTheSecondTime) {
  const std::string once = escape(every_byte());

  EXPECT_EQ(escape(once), once);
  EXPECT_EQ(escape(escape(every_byte(), 50), 50), escape(every_byte(), 50));
}

TEST(Escape, CutsAtItsLimit) {
  EXPECT_EQ(escape("12345", 5), "12345");
  EXPECT_EQ(escape("123456", 5), "12...");
  EXPECT_EQ(escape("12\n", 5), "12...");
  EXPECT_EQ(escape("1\n", 5), "1\\x0a");
  EXPECT_EQ(escape("123456", 3), "...");
}

TEST(Escape, IsNeverLongerThanItsLimit) {
  for (std::size_t limit = 0; limit < 40; ++limit)
    EXPECT_LE(escape(every_byte(), limit).size(), limit) << limit;
}

TEST(Escape, TakesAKilobyteByDefault) {
  EXPECT_EQ(escape(std::string(2000, 'x')).size(), 1024U);
}

TEST(Escape, MayBeEmpty) {
  EXPECT_EQ(escape(""), "");
  EXPECT_EQ(escape("x", 0), "");
}

TEST(Counted, KnowsTheSingular) {
  EXPECT_EQ(counted(0, "rule"), "0 rules");
  EXPECT_EQ(counted(1, "rule"), "1 rule");
  EXPECT_EQ(counted(2, "rule"), "2 rules");
}

TEST(LowerCase, ChangesAsciiLettersAlone) {
  EXPECT_EQ(lower_case("Db-1_.EXAMPLE.org"), "db-1_.example.org");
  EXPECT_EQ(lower_case("AZ@[az`{"), "az@[az`{");
  EXPECT_EQ(lower_case("\xc4\xd6"), "\xc4\xd6");
  EXPECT_EQ(lower_case(std::string_view("A\0B", 3)), std::string_view("a\0b", 3));
  EXPECT_EQ(lower_case(""), "");
}

} // namespace
} // namespace ktls
