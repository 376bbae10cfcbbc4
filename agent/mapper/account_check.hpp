// SPDX-License-Identifier: GPL-2.0-or-later
// AccountCheck: one account, from the threads that ask the system, and from PAM, to its verdict.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "mapper/certificate_mapper.hpp"

namespace ktls {

struct AccountResult {
  AccountState state = AccountState::Unavailable;   // never Unknown
  bus::Refusal refusal = bus::Refusal::Unavailable; // unless it is Active
  std::string why;                                  // likewise
  std::optional<AccountFacts> facts;                // where there is such a user
};

// What is asked of whom, for as long as the check runs.
struct AccountCheck {
  EventLoop& loop;
  TaskPool& pool;
  const MapperPorts& ports;
  std::shared_ptr<const identity::Mapping> mapping; // with the settings
  std::string remote_address;
  EventLoop::Clock::time_point deadline;

  // Calls back once, by the deadline.
  void run(AccountName wanted, std::function<void(AccountResult)> then) const;
  // The rest of it, of what look_up has found.
  void judge(tl::expected<AccountFacts, NoAccount> found,
             std::function<void(AccountResult)> then) const;
};

} // namespace ktls
