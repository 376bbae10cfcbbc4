// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/account_check.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace ktls {
namespace {

using Then = std::function<void(AccountResult)>;

bus::Refusal refusal_for(AccountState state) {
  switch (state) {
  case AccountState::Locked:
  case AccountState::Expired:
  case AccountState::NotYetValid:
  case AccountState::Denied:
    return bus::Refusal::UserRevoked;
  case AccountState::NoUser:
    return bus::Refusal::UserUnknown;
  case AccountState::Unknown:
  case AccountState::Active:
  case AccountState::Unavailable:
    break;
  }
  return bus::Refusal::Unavailable;
}

AccountResult judged(AccountFacts facts, const identity::AccountSettings& settings,
                     std::chrono::system_clock::time_point now) {
  const auto verdict = judge_account(facts, now, settings);
  auto why = verdict.state == AccountState::Active
                 ? std::string()
                 : fmt::format("the account '{}' (uid {}): {}", escape(facts.user), facts.uid,
                               verdict.why);
  return {verdict.state, refusal_for(verdict.state), std::move(why), std::move(facts)};
}

AccountResult busy(const char* what) {
  return {AccountState::Unavailable, bus::Refusal::Busy, what, std::nullopt};
}

} // namespace

void AccountCheck::run(AccountName wanted, Then then) const {
  using Found = tl::expected<AccountFacts, NoAccount>;
  const auto call = std::make_shared<Then>(std::move(then));
  const bool begun = pool.run<Found>(
      deadline,
      [look_up = ports.look_up, wanted = std::move(wanted), until = deadline] {
        return look_up(wanted, until);
      },
      [check = *this, call](std::optional<Found> found) {
        if (found)
          return check.judge(std::move(*found), std::move(*call));
        (*call)({AccountState::Unavailable, bus::Refusal::Unavailable,
                 "looking for the account took too long", std::nullopt});
      });
  if (!begun)
    (*call)(busy("too many accounts are being looked for"));
}

void AccountCheck::judge(tl::expected<AccountFacts, NoAccount> found, Then then) const {
  if (!found) {
    auto& none = found.error();
    const auto refusal = none.shared_uid ? bus::Refusal::Ambiguous : refusal_for(none.state);
    return then({none.state, refusal, std::move(none.why), std::nullopt});
  }
  const auto& settings = mapping->settings().accounts;
  if (auto why = why_never_mapped(found->user, found->uid, settings))
    return then({AccountState::Denied, bus::Refusal::Denied, std::move(*why), std::move(*found)});
  auto without_pam = judged(*found, settings, loop.wall_clock());
  // what is revoked already stays so; PAM may know what the others do not
  if (settings.pam_service.empty() ||
      (without_pam.state != AccountState::Active && without_pam.state != AccountState::Unavailable))
    return then(std::move(without_pam));
  const auto facts = std::make_shared<AccountFacts>(std::move(*found));
  const auto call = std::make_shared<Then>(std::move(then));
  const bool begun =
      ports.account_phase({settings.pam_service, facts->user, remote_address}, deadline,
                          [check = *this, facts, call](AccountPhase::Answer answer) {
                            if (answer)
                              facts->pam = *answer;
                            else
                              facts->unknown.push_back(answer.error());
                            (*call)(judged(std::move(*facts), check.mapping->settings().accounts,
                                           check.loop.wall_clock()));
                          });
  if (!begun)
    (*call)(busy("too many accounts are being asked about of PAM"));
}

} // namespace ktls
