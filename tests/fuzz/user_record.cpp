// SPDX-License-Identifier: GPL-2.0-or-later
// systemd's record of a user, and what it says of the account.
#include "fuzz.hpp"
#include "mapper/judge_account.hpp"
#include "mapper/userdb.hpp"

int fuzz_user_record(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto record = read_user_record(fuzz::text_of(data, size));
  if (!record) {
    fuzz::must_be_clean(record.error().message());
    return 0;
  }
  AccountFacts facts;
  facts.user = "alice";
  facts.uid = 1000;
  facts.shell = "/bin/sh";
  facts.userdb = *record;
  const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1'900'000'000));
  const auto verdict = judge_account(facts, now, {});
  fuzz::must_be_clean(verdict.why);
  const bool is_locked = *record && (*record)->locked;
  fuzz::must(!is_locked || verdict.state != AccountState::Active, "who is locked is not active");
  return 0;
}
