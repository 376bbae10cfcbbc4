// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/nesting.hpp"

#include <gtest/gtest.h>

namespace ktls::policy {
namespace {

std::string key(std::size_t parts, const std::string& part = "a") {
  std::string out = part;
  for (std::size_t i = 1; i < parts; ++i)
    out += "." + part;
  return out;
}

TEST(Nesting, IsFoundInKeysAndHeaders) {
  EXPECT_EQ(line_of_too_long_key(key(16) + " = 1"), std::nullopt);
  EXPECT_EQ(line_of_too_long_key(key(17) + " = 1"), 1U);
  EXPECT_EQ(line_of_too_long_key("x = 1\n\n[" + key(17) + "]"), 3U);
  EXPECT_EQ(line_of_too_long_key("x = {" + key(17) + " = 1}"), 1U);
  EXPECT_EQ(line_of_too_long_key("x = {" + key(17, "\"=.\"") + " = 1}"), 1U);
  EXPECT_EQ(line_of_too_long_key(key(17, "'a' ") + " = 1"), 1U);
}

TEST(Nesting, IsNotThatOfTextAndComments) {
  const auto long_key = key(99);
  const std::vector<std::string> texts{
      "x = \"" + long_key + "\"",
      "x = '" + long_key + "'",
      "# " + long_key,
      "x = \"\"\"\n" + long_key + "\"\"\"",
      "x = '''" + long_key + "'''",
      "x = \"\\\"" + long_key + "\"",
      "x = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7]"};
  for (const auto& text : texts)
    EXPECT_EQ(line_of_too_long_key(text), std::nullopt) << text;
}

TEST(Nesting, IsNotHiddenBehindStrings) {
  for (const char* value : {"\"\"", "''", "\"\"\"\"\"\"", "\"\"\"a\"\"\"\"", "\"\"\"a\"\"\"\"\"",
                            "'''a''''", "'''a'''''", "\"a\\\\\"", "'a\\'", "\"\"\"\\\"\"\"\""})
    EXPECT_EQ(line_of_too_long_key(std::string("x = {y = ") + value + ", " + key(17) + " = 1}"), 1U)
        << value;
  EXPECT_EQ(line_of_too_long_key("x = '''\n\n'''\n" + key(17) + " = 1"), 4U);
}

TEST(Nesting, OfWhatDoesNotEndIsNone) {
  for (const char* text : {"\"", "'", "\"\"\"", "'''", "\"\\", "\"\"\"\\", "#", "\"\"\"a\"\"",
                           "\"\"\"a\"\"\"", "\"\"\"a\"\"\"\"", "'''", "'a'"})
    EXPECT_EQ(line_of_too_long_key(text), std::nullopt) << text;
}

} // namespace
} // namespace ktls::policy
