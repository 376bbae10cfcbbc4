// SPDX-License-Identifier: GPL-2.0-or-later
// Whether an account may be used now, from what is known of it. The table is in docs/mapping.md.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bus/mapper1.hpp"
#include "identity/settings.hpp"

namespace ktls {

using bus::AccountState;

// shadow(5), without the password itself. Days are since 1970; a negative number: not set.
struct ShadowFacts {
  bool password_locked = false; // it begins with "!" or "*", which no password fits
  long last_change = -1;        // day
  long max_age = -1;            // days
  long inactive = -1;           // days
  long expire = -1;             // day
};

// Of systemd's user record.
struct UserdbFacts {
  bool locked = false;
  std::optional<std::chrono::microseconds> not_before; // since 1970
  std::optional<std::chrono::microseconds> not_after;
};

struct AccountFacts {
  std::string user; // as NSS has it
  uid_t uid = 0;
  std::string shell;
  std::vector<std::string> groups; // names
  bool says_shadow = false;        // its password field is "x": there is to be a shadow entry
  std::optional<ShadowFacts> shadow;
  std::string shadow_unknown; // why it could not be looked for; fit to be printed
  std::optional<UserdbFacts> userdb;
  std::optional<int> pam; // of the account phase
  // What could not be found out, and why. Fit to be printed.
  std::vector<std::string> unknown;
};

struct Verdict {
  AccountState state = AccountState::Unknown;
  std::string why; // unless it is Active; fit to be printed
};

// Of an account that exists: its state can be any but NoUser, which PAM alone can say here.
Verdict judge_account(const AccountFacts& facts, std::chrono::system_clock::time_point now,
                      const identity::AccountSettings& settings);

// Whether certificates may be mapped to it at all: none is nobody's, and users of the system have
// to be named. None: yes. Otherwise why not.
std::optional<std::string> why_never_mapped(const std::string& user, uid_t uid,
                                            const identity::AccountSettings& settings);

} // namespace ktls
