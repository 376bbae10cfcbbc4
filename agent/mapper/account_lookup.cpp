// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/account_lookup.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "mapper/nss.hpp"
#include "mapper/userdb.hpp"

namespace ktls {
namespace {

tl::unexpected<NoAccount> unavailable(const Error& error) {
  return tl::make_unexpected(NoAccount{AccountState::Unavailable, false, error.message()});
}

tl::unexpected<NoAccount> no_user(std::string why) {
  return tl::make_unexpected(NoAccount{AccountState::NoUser, false, std::move(why)});
}

tl::unexpected<NoAccount> two_of_one(std::string why) {
  return tl::make_unexpected(NoAccount{AccountState::Unavailable, true, std::move(why)});
}

// A session is known by its uid later: so that has to lead back to the same name.
tl::expected<NssUser, NoAccount> find_user(const AccountName& wanted) {
  const bool by_name = !wanted.name.empty();
  const auto found = by_name ? user_named(wanted.name) : user_of(wanted.uid.value_or(0));
  if (!found)
    return unavailable(found.error());
  if (!*found)
    return no_user(by_name
                       ? fmt::format("there is no user '{}' here", escape(wanted.name))
                       : fmt::format("there is no user of uid {} here", wanted.uid.value_or(0)));
  NssUser user = **found;
  if (wanted.uid && *wanted.uid != user.uid)
    return two_of_one(fmt::format("'{}' is to have the uid {}, and has {} here",
                                  escape(wanted.name), *wanted.uid, user.uid));
  if (!by_name)
    return user;
  const auto again = user_of(user.uid);
  if (!again)
    return unavailable(again.error());
  if (!*again || (*again)->name != user.name)
    return two_of_one(fmt::format("the uid {} of '{}' is that of '{}' as well", user.uid,
                                  escape(user.name), *again ? escape((*again)->name) : ""));
  return user;
}

} // namespace

tl::expected<AccountFacts, NoAccount>
look_up_account(const AccountName& wanted, std::chrono::steady_clock::time_point deadline) {
  auto user = find_user(wanted);
  if (!user)
    return tl::make_unexpected(std::move(user.error()));
  AccountFacts facts;
  facts.user = user->name;
  facts.uid = user->uid;
  facts.shell = user->shell;
  facts.says_shadow = user->says_shadow;
  if (auto groups = groups_of(*user))
    facts.groups = std::move(*groups);
  else
    facts.unknown.push_back(groups.error().message());
  if (auto shadow = shadow_of(user->name))
    facts.shadow = *shadow;
  else
    facts.shadow_unknown = shadow.error().message();
  if (auto userdb = userdb_of(user->name, user->uid, deadline))
    facts.userdb = *userdb;
  else
    facts.unknown.push_back(userdb.error().message());
  return facts;
}

} // namespace ktls
