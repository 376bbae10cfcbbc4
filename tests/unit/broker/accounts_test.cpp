// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/accounts.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/sockets.hpp"

namespace ktls {
namespace {

class LocalAccounts : public testing::Test {
protected:
  [[nodiscard]] policy::Accounts with_users(const std::string& text) const {
    std::ofstream(passwd) << text;
    return local_accounts(passwd, group);
  }
  [[nodiscard]] policy::Accounts with_groups(const std::string& text) const {
    std::ofstream(group) << text;
    return local_accounts(passwd, group);
  }

  test::TemporaryDirectory directory;
  std::string passwd = directory.file("passwd");
  std::string group = directory.file("group");
};

TEST_F(LocalAccounts, KnowsUsersByName) {
  const auto accounts = with_users("root:x:0:0:root:/root:/bin/bash\n"
                                   "www-data:x:33:44:www:/var/www:/usr/sbin/nologin\n"
                                   "last:x:4294967294:1::/:");

  EXPECT_EQ(accounts.uid("root"), 0U);
  EXPECT_EQ(accounts.uid("www-data"), 33U);
  EXPECT_EQ(accounts.uid("last"), 4294967294U);
  EXPECT_EQ(accounts.uid("www"), std::nullopt);
  EXPECT_EQ(accounts.uid("Root"), std::nullopt);
  EXPECT_EQ(accounts.uid(""), std::nullopt);
}

TEST_F(LocalAccounts, KnowsGroupsByName) {
  const auto accounts = with_groups("root:x:0:\nssl-cert:x:117:postgres,www-data\n");

  EXPECT_EQ(accounts.gid("root"), 0U);
  EXPECT_EQ(accounts.gid("ssl-cert"), 117U);
  EXPECT_EQ(accounts.gid("postgres"), std::nullopt);
  EXPECT_EQ(accounts.uid("ssl-cert"), std::nullopt) << "it is no user";
}

TEST_F(LocalAccounts, GoByTheFirstLineOfAName) {
  const auto accounts = with_users("twice:x:1:1:::\ntwice:x:2:2:::\n");

  EXPECT_EQ(accounts.uid("twice"), 1U);
}

TEST_F(LocalAccounts, PassOverMalformedLines) {
  const auto accounts = with_users("\n:::\n::7:\nname\nname:\nname:x\nname:x:\nname:x:8\n"
                                   "name::9\nname:x::7:\nname:x:seven:7:\nname:x:-1:7:\n"
                                   "name:x:+1:7:\nname:x: 1:7:\nname:x:1 :7:\nname:x:0x1:7:\n"
                                   "+::::::\nother:x:5:5:::\n");

  EXPECT_EQ(accounts.uid("name"), std::nullopt);
  EXPECT_EQ(accounts.uid(""), std::nullopt);
  EXPECT_EQ(accounts.uid("+"), std::nullopt);
  EXPECT_EQ(accounts.uid("other"), 5U);
}

TEST_F(LocalAccounts, GoByTheFirstGoodLineOfAName) {
  const auto accounts = with_users("name:x:none:1:::\nname:x:2:2:::\n");

  EXPECT_EQ(accounts.uid("name"), 2U);
}

TEST_F(LocalAccounts, HaveNumbersOf32Bits) {
  const auto accounts = with_users("large:x:4294967296:1:::\nhuge:x:99999999999999999999:1:::\n"
                                   "most:x:4294967295:1:::\n");

  EXPECT_EQ(accounts.uid("large"), std::nullopt);
  EXPECT_EQ(accounts.uid("huge"), std::nullopt);
  EXPECT_EQ(accounts.uid("most"), 4294967295U);
}

// The password may be empty, or anything else.
TEST_F(LocalAccounts, DoNotLookAtPasswords) {
  const auto accounts = with_users("empty::3:3:::\nold:1234:4:4:::\n");

  EXPECT_EQ(accounts.uid("empty"), 3U);
  EXPECT_EQ(accounts.uid("old"), 4U);
}

TEST_F(LocalAccounts, AreNoneWithoutTheFiles) {
  const auto accounts = local_accounts(passwd, group);

  EXPECT_EQ(accounts.uid("root"), std::nullopt);
  EXPECT_EQ(accounts.gid("root"), std::nullopt);
}

// A policy is parsed with one state of the files.
TEST_F(LocalAccounts, AreThoseOfWhenTheyWereRead) {
  const auto accounts = with_users("name:x:1:1:::\n");

  std::ofstream(passwd) << "name:x:2:2:::\n";

  EXPECT_EQ(accounts.uid("name"), 1U);
}

} // namespace
} // namespace ktls
