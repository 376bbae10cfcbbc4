// SPDX-License-Identifier: GPL-2.0-or-later
// The rows of the table in docs/mapping.md.
#include "mapper/judge_account.hpp"

#include <gtest/gtest.h>
#include <security/pam_appl.h>

namespace ktls {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr long today = 20000;
constexpr system_clock::time_point midday{days(today) + std::chrono::hours(12)};

constexpr microseconds since_1970(system_clock::duration offset) {
  return std::chrono::duration_cast<microseconds>(midday.time_since_epoch() + offset);
}

AccountFacts alice() {
  AccountFacts facts;
  facts.user = "alice";
  facts.uid = 1000;
  facts.shell = "/bin/bash";
  facts.says_shadow = true;
  facts.shadow = ShadowFacts{false, today - 10, 99999, -1, -1};
  return facts;
}

AccountState state_of(const AccountFacts& facts, const identity::AccountSettings& settings = {}) {
  return judge_account(facts, midday, settings).state;
}

identity::AccountSettings passwords_count() {
  identity::AccountSettings settings;
  settings.password_lock_revokes = true;
  return settings;
}

AccountState with_pam(int code, const identity::AccountSettings& settings = {}) {
  auto facts = alice();
  facts.pam = code;
  return state_of(facts, settings);
}

TEST(JudgeAccount, TakesOneWithoutFault) {
  const auto verdict = judge_account(alice(), midday, {});

  EXPECT_EQ(verdict.state, AccountState::Active);
  EXPECT_EQ(verdict.why, "");
}

TEST(JudgeAccount, GoesByTheDayOfExpiry) {
  auto facts = alice();

  facts.shadow->expire = today + 1;
  EXPECT_EQ(state_of(facts), AccountState::Active);
  facts.shadow->expire = today;
  EXPECT_EQ(state_of(facts), AccountState::Expired);
  facts.shadow->expire = 2;
  EXPECT_EQ(state_of(facts), AccountState::Expired);
}

TEST(JudgeAccount, TakesTheFirstDaysForALock) {
  auto facts = alice();

  facts.shadow->expire = 0;
  EXPECT_EQ(state_of(facts), AccountState::Locked);
  facts.shadow->expire = 1;
  EXPECT_EQ(state_of(facts), AccountState::Locked);
}

TEST(JudgeAccount, LooksAtPasswordsOnlyWhenTold) {
  auto locked = alice();
  locked.shadow->password_locked = true;
  auto out_of_use = alice();
  out_of_use.shadow->last_change = today - 100;
  out_of_use.shadow->max_age = 60;
  out_of_use.shadow->inactive = 40;
  auto to_be_changed = alice();
  to_be_changed.shadow->last_change = 0;

  EXPECT_EQ(state_of(locked), AccountState::Active);
  EXPECT_EQ(state_of(locked, passwords_count()), AccountState::Locked);
  EXPECT_EQ(state_of(out_of_use), AccountState::Active);
  EXPECT_EQ(state_of(out_of_use, passwords_count()), AccountState::Expired);
  EXPECT_EQ(state_of(to_be_changed, passwords_count()), AccountState::Active);
}

TEST(JudgeAccount, CountsPasswordDaysToTheLast) {
  auto facts = alice();
  facts.shadow->last_change = today - 99;
  facts.shadow->max_age = 60;
  facts.shadow->inactive = 40;
  EXPECT_EQ(state_of(facts, passwords_count()), AccountState::Active);

  facts.shadow->max_age = std::numeric_limits<long>::max();
  facts.shadow->inactive = std::numeric_limits<long>::max();
  EXPECT_EQ(state_of(facts, passwords_count()), AccountState::Active);
}

TEST(JudgeAccount, LooksAtTheShellOnlyWhenTold) {
  identity::AccountSettings shells_count;
  shells_count.nologin_shell_revokes = true;
  auto facts = alice();

  for (const char* shell : {"/usr/sbin/nologin", "/sbin/nologin", "/bin/false"}) {
    facts.shell = shell;
    EXPECT_EQ(state_of(facts), AccountState::Active) << shell;
    EXPECT_EQ(state_of(facts, shells_count), AccountState::Locked) << shell;
  }
  facts.shell = "/bin/bash";
  EXPECT_EQ(state_of(facts, shells_count), AccountState::Active);
}

TEST(JudgeAccount, GoesByTheUserRecord) {
  auto locked = alice();
  locked.userdb = UserdbFacts{true, {}, {}};
  auto over = alice();
  over.userdb = UserdbFacts{false, {}, since_1970(-seconds(1))};
  auto too_early = alice();
  too_early.userdb = UserdbFacts{false, since_1970(seconds(1)), {}};
  auto now = alice();
  now.userdb = UserdbFacts{false, since_1970({}), since_1970({})};

  EXPECT_EQ(state_of(locked), AccountState::Locked);
  EXPECT_EQ(state_of(over), AccountState::Expired);
  EXPECT_EQ(state_of(too_early), AccountState::NotYetValid);
  EXPECT_EQ(state_of(now), AccountState::Active);
}

TEST(JudgeAccount, GoesByPamsAccountPhase) {
  EXPECT_EQ(with_pam(PAM_SUCCESS), AccountState::Active);
  EXPECT_EQ(with_pam(PAM_ACCT_EXPIRED), AccountState::Expired);
  EXPECT_EQ(with_pam(PAM_PERM_DENIED), AccountState::Denied);
  EXPECT_EQ(with_pam(PAM_AUTH_ERR), AccountState::Denied);
  EXPECT_EQ(with_pam(PAM_USER_UNKNOWN), AccountState::NoUser);
  EXPECT_EQ(with_pam(PAM_NEW_AUTHTOK_REQD, passwords_count()), AccountState::Active);
  EXPECT_EQ(with_pam(PAM_AUTHTOK_EXPIRED), AccountState::Active);
  EXPECT_EQ(with_pam(PAM_AUTHTOK_EXPIRED, passwords_count()), AccountState::Expired);
}

TEST(JudgeAccount, TakesEveryOtherWordOfPamForNone) {
  for (const int code :
       {PAM_AUTHINFO_UNAVAIL, PAM_SYSTEM_ERR, PAM_SERVICE_ERR, PAM_IGNORE, 999, -1})
    EXPECT_EQ(with_pam(code), AccountState::Unavailable) << code;
}

TEST(JudgeAccount, RefusesWhatCouldNotBeFoundOut) {
  auto facts = alice();
  facts.unknown = {"userdb does not answer", "PAM neither"};

  const auto verdict = judge_account(facts, midday, {});

  EXPECT_EQ(verdict.state, AccountState::Unavailable);
  EXPECT_EQ(verdict.why, "userdb does not answer; PAM neither");
}

TEST(JudgeAccount, SaysWhatRevokesBeforeWhatIsUnknown) {
  auto facts = alice();
  facts.shadow->expire = today - 1;
  facts.unknown = {"userdb does not answer"};

  EXPECT_EQ(state_of(facts), AccountState::Expired);
}

TEST(JudgeAccount, RefusesAHiddenShadowEntry) {
  auto facts = alice();
  facts.shadow.reset();
  EXPECT_EQ(state_of(facts), AccountState::Unavailable);

  // a directory's user, who has none
  facts.says_shadow = false;
  EXPECT_EQ(state_of(facts), AccountState::Active);

  facts.shadow_unknown = "permission denied";
  EXPECT_EQ(state_of(facts), AccountState::Unavailable);
}

TEST(JudgeAccount, TakesOthersWordForAHiddenShadowEntry) {
  auto by_record = alice();
  by_record.shadow.reset();
  by_record.userdb = UserdbFacts{};
  auto by_pam = alice();
  by_pam.shadow.reset();
  by_pam.pam = PAM_SUCCESS;

  EXPECT_EQ(state_of(by_record), AccountState::Active);
  EXPECT_EQ(state_of(by_pam), AccountState::Active);
  // neither knows of the password
  EXPECT_EQ(state_of(by_record, passwords_count()), AccountState::Unavailable);
  EXPECT_EQ(state_of(by_pam, passwords_count()), AccountState::Unavailable);
}

TEST(WhyNeverMapped, KeepsUsersOfTheSystemOut) {
  identity::AccountSettings settings;
  settings.system_users = {"backup", "root"};

  EXPECT_FALSE(why_never_mapped("alice", 1000, settings));
  EXPECT_TRUE(why_never_mapped("daemon", 999, settings));
  EXPECT_TRUE(why_never_mapped("nobody", 65534, settings));
  EXPECT_FALSE(why_never_mapped("backup", 34, settings));
  EXPECT_FALSE(why_never_mapped("root", 0, settings));
  EXPECT_TRUE(why_never_mapped("root", 0, {}));
  EXPECT_TRUE(why_never_mapped("toor", 0, settings));
}

TEST(WhyNeverMapped, KeepsRootOutWhateverTheFirstUid) {
  identity::AccountSettings settings;
  settings.first_uid = 0;

  EXPECT_TRUE(why_never_mapped("root", 0, settings));
  EXPECT_FALSE(why_never_mapped("daemon", 1, settings));
}

TEST(WhyNeverMapped, KnowsTheUidsThatAreNone) {
  identity::AccountSettings settings;
  settings.system_users = {"odd"};

  EXPECT_TRUE(why_never_mapped("odd", static_cast<uid_t>(-1), settings));
  EXPECT_TRUE(why_never_mapped("odd", 65535, settings));
}

} // namespace
} // namespace ktls
