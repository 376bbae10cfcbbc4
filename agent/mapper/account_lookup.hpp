// SPDX-License-Identifier: GPL-2.0-or-later
// All that the system says about one account. Waits: for threads that may.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "mapper/judge_account.hpp"

namespace ktls {

// Whom to look for.
struct AccountName {
  std::string name;         // empty: by uid
  std::optional<uid_t> uid; // with a name: which its uid has to be
};

// Why there are no facts; fit to be printed.
struct NoAccount {
  AccountState state = AccountState::Unavailable; // or NoUser
  bool shared_uid = false;                        // two names, or two uids, of what is to be one
  std::string why;
};

// PAM's answer is up to others.
tl::expected<AccountFacts, NoAccount>
look_up_account(const AccountName& wanted, std::chrono::steady_clock::time_point deadline);

} // namespace ktls
