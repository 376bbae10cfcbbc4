// SPDX-License-Identifier: GPL-2.0-or-later
// What revokes an account is said before what is not known of it: both refuse, and the former is
// what an administrator wants to read.
#include "mapper/judge_account.hpp"

#include <fmt/format.h>
#include <security/pam_appl.h>

#include <algorithm>

#include "base/text.hpp"

namespace ktls {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::system_clock;
using MaybeVerdict = std::optional<Verdict>;

constexpr uid_t nobody = 65534;
// Days 0 and 1 are how an account is locked for good (usermod -e 1): systemd has it so, too.
constexpr long last_locking_day = 1;

MaybeVerdict by_expiry(const ShadowFacts& shadow, long today) {
  if (shadow.expire < 0 || today < shadow.expire)
    return std::nullopt;
  if (shadow.expire <= last_locking_day)
    return Verdict{AccountState::Locked,
                   fmt::format("shadow: it expires on day {}, which locks it", shadow.expire)};
  return Verdict{AccountState::Expired, fmt::format("shadow: it expired on day {}, today is day {}",
                                                    shadow.expire, today)};
}

// Facts of the password, which TLS does not go by: they count only when the settings say so.
MaybeVerdict by_password(const ShadowFacts& shadow, long today) {
  if (shadow.password_locked)
    return Verdict{AccountState::Locked, "shadow: its password is locked (password_lock_revokes)"};
  if (shadow.max_age < 0 || shadow.inactive < 0 || shadow.last_change < 0)
    return std::nullopt;
  // the file's own numbers: they may be as large as they like
  constexpr long longest = 1L << 40;
  const long allowed = std::min(shadow.max_age, longest) + std::min(shadow.inactive, longest);
  if (today - shadow.last_change < allowed)
    return std::nullopt;
  return Verdict{AccountState::Expired,
                 "shadow: its password is out of use since it was not changed "
                 "(password_lock_revokes)"};
}

MaybeVerdict by_userdb(const UserdbFacts& userdb, system_clock::time_point now) {
  const auto since_epoch = std::chrono::duration_cast<microseconds>(now.time_since_epoch());
  if (userdb.locked)
    return Verdict{AccountState::Locked, "userdb: it is locked"};
  if (userdb.not_after && since_epoch > *userdb.not_after)
    return Verdict{AccountState::Expired, "userdb: it is past notAfterUSec"};
  if (userdb.not_before && since_epoch < *userdb.not_before)
    return Verdict{AccountState::NotYetValid, "userdb: it is before notBeforeUSec"};
  return std::nullopt;
}

bool is_nologin(const std::string& shell) {
  const auto name = shell.substr(shell.rfind('/') + 1);
  return name == "nologin" || name == "false";
}

MaybeVerdict by_pam(int code, bool password_lock_revokes) {
  switch (code) {
  case PAM_SUCCESS:
  case PAM_NEW_AUTHTOK_REQD: // of the password alone
    return std::nullopt;
  case PAM_AUTHTOK_EXPIRED:
    if (!password_lock_revokes)
      return std::nullopt;
    return Verdict{AccountState::Expired,
                   "PAM: its password is out of use (password_lock_revokes)"};
  case PAM_ACCT_EXPIRED:
    return Verdict{AccountState::Expired, "PAM: it has expired"};
  case PAM_PERM_DENIED:
  case PAM_AUTH_ERR:
    return Verdict{AccountState::Denied, fmt::format("PAM: it is denied access (code {})", code)};
  case PAM_USER_UNKNOWN:
    return Verdict{AccountState::NoUser, "PAM: there is no such user"};
  default:
    return Verdict{
        AccountState::Unavailable,
        fmt::format("PAM: its account phase says nothing (code {}){}", code,
                    code == PAM_AUTHINFO_UNAVAIL ? ": is ktls-mapd in the group shadow?" : "")};
  }
}

// The user record and PAM tell what a shadow entry would, but for the password.
MaybeVerdict by_what_is_unknown(const AccountFacts& facts, bool password_counts) {
  if (!facts.unknown.empty())
    return Verdict{AccountState::Unavailable, fmt::format("{}", fmt::join(facts.unknown, "; "))};
  const bool told = facts.shadow || (!password_counts && (facts.userdb || facts.pam));
  if (told || (!facts.says_shadow && facts.shadow_unknown.empty()))
    return std::nullopt;
  if (!facts.shadow_unknown.empty())
    return Verdict{AccountState::Unavailable, facts.shadow_unknown};
  // NSS hides that a file cannot be read behind the next service's "no such entry"
  return Verdict{AccountState::Unavailable,
                 "shadow: its entry is not to be seen: is ktls-mapd in the group shadow?"};
}

} // namespace

Verdict judge_account(const AccountFacts& facts, system_clock::time_point now,
                      const identity::AccountSettings& settings) {
  const long today = std::chrono::floor<days>(now).time_since_epoch().count();
  MaybeVerdict verdict;
  if (facts.shadow)
    verdict = by_expiry(*facts.shadow, today);
  if (!verdict && facts.userdb)
    verdict = by_userdb(*facts.userdb, now);
  if (!verdict && facts.shadow && settings.password_lock_revokes)
    verdict = by_password(*facts.shadow, today);
  if (!verdict && settings.nologin_shell_revokes && is_nologin(facts.shell))
    verdict = Verdict{AccountState::Locked,
                      fmt::format("its shell is {} (nologin_shell_revokes)", escape(facts.shell))};
  if (!verdict && facts.pam)
    verdict = by_pam(*facts.pam, settings.password_lock_revokes);
  if (!verdict)
    verdict = by_what_is_unknown(facts, settings.password_lock_revokes);
  return verdict.value_or(Verdict{AccountState::Active, ""});
}

std::optional<std::string> why_never_mapped(const std::string& user, uid_t uid,
                                            const identity::AccountSettings& settings) {
  if (uid == static_cast<uid_t>(-1) || uid == UINT16_MAX)
    return fmt::format("uid {} is no user's", uid);
  if (uid != 0 && uid != nobody && uid >= settings.first_uid)
    return std::nullopt;
  if (std::ranges::find(settings.system_users, user) != settings.system_users.end())
    return std::nullopt;
  return fmt::format("'{}' is a user of the system (uid {}), and not in system_users", escape(user),
                     uid);
}

} // namespace ktls
