// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/user_name.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ktls::identity {
namespace {

using namespace std::string_literals;

std::string derived(std::string_view name) {
  return flaw_of_derived_name(name, name);
}

TEST(UserName, MayBeWhatUsersAreCalled) {
  for (const char* name :
       {"alice", "Alice.Smith", "_apt", "web-01", "a", "host$", "m\xc3\xbcller"}) {
    EXPECT_EQ(flaw_of_user_name(name), "") << name;
    EXPECT_EQ(derived(name), "") << name;
  }
  EXPECT_EQ(flaw_of_user_name("root"), "") << "an administrator may say so";
  EXPECT_EQ(flaw_of_user_name("CORP\\alice"), "");
  EXPECT_EQ(flaw_of_user_name("alice@corp.example"), "");
}

TEST(UserName, IsNoneThatSomebodyElseCouldReadOtherwise) {
  const std::array<std::string, 16> wrong{""s,
                                          "al\0ice"s,
                                          "alice\n"s,
                                          "a b"s,
                                          "../alice"s,
                                          "a/b"s,
                                          "a:b"s,
                                          "-alice"s,
                                          "!deny"s,
                                          "."s,
                                          ".."s,
                                          "1000"s,
                                          "\xff\xfe"s,
                                          "\x7f"s,
                                          "al\xe2\x80\x8bice"s,
                                          "al\xc2\xa0ice"s};
  for (const auto& name : wrong) {
    EXPECT_NE(flaw_of_user_name(name), "") << name;
    EXPECT_NE(derived(name), "") << name;
  }
}

TEST(UserName, IsOf256BytesAtMost) {
  EXPECT_EQ(flaw_of_user_name(std::string(256, 'a')), "");
  EXPECT_EQ(flaw_of_user_name(std::string(257, 'a')), "has more than 256 bytes");
}

TEST(DerivedName, IsNeverTheSuperuser) {
  EXPECT_EQ(derived("root"), "is that of the superuser");
  EXPECT_EQ(flaw_of_derived_name("root", "ot"), "is that of the superuser");
}

TEST(DerivedName, ChoosesNoDomain) {
  EXPECT_EQ(derived("alice@other"), "has '@' in it");
  EXPECT_EQ(derived("OTHER\\alice"), "has '\\' in it");
  EXPECT_EQ(flaw_of_derived_name("CORP\\alice", "alice"), "") << "which the template does";
}

} // namespace
} // namespace ktls::identity
