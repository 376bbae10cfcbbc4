// SPDX-License-Identifier: GPL-2.0-or-later
// What every system has: the rest is tests/kernel/scenarios/mapper-accounts'.
#include "mapper/nss.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "mapper/account_lookup.hpp"

namespace ktls {
namespace {

TEST(Nss, FindsRootByNameAndUid) {
  const auto by_name = user_named("root").value();
  const auto by_uid = user_of(0).value();

  ASSERT_TRUE(by_name && by_uid);
  EXPECT_EQ(by_name->uid, 0U);
  EXPECT_EQ(by_uid->name, "root");
  EXPECT_EQ(groups_of(*by_name).value().front(), "root");
}

TEST(Nss, KnowsWhoIsNotThere) {
  EXPECT_FALSE(user_named("no-such-user").value());
  EXPECT_FALSE(user_of(3999999999).value());
}

TEST(Nss, TellsNoneFromUnknown) {
  for (const int error : {ENOENT, ESRCH, EBADF, EPERM})
    EXPECT_TRUE(says_none(error)) << error;
  for (const int error : {0, EIO, EMFILE, ENFILE, ENOMEM, EAGAIN, ECONNREFUSED, ETIMEDOUT, EACCES})
    EXPECT_FALSE(says_none(error)) << error;
}

TEST(AccountLookup, RefusesAUidThatIsNotTheNames) {
  const auto facts = look_up_account({"root", 7}, std::chrono::steady_clock::now());

  ASSERT_FALSE(facts);
  EXPECT_TRUE(facts.error().shared_uid);
}

TEST(AccountLookup, SaysThatThereIsNoSuchUser) {
  const auto facts = look_up_account({"no-such-user", {}}, std::chrono::steady_clock::now());

  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().state, AccountState::NoUser);
  EXPECT_EQ(facts.error().why, "there is no user 'no-such-user' here");
}

} // namespace
} // namespace ktls
