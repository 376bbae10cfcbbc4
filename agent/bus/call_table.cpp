// SPDX-License-Identifier: GPL-2.0-or-later
// There are few calls at a time: they are counted anew each time.
#include "bus/call_table.hpp"

#include <algorithm>
#include <utility>

namespace ktls::bus {

std::optional<CallTable::Id> CallTable::enter(const std::string& caller,
                                              std::shared_ptr<void> kept) {
  if (calls_.size() >= max_)
    return std::nullopt;
  const auto its = std::ranges::count_if(
      calls_, [&caller](const auto& entry) { return entry.second.caller == caller; });
  if (std::cmp_greater_equal(its, max_of_one_))
    return std::nullopt;
  calls_.emplace(++last_, Call{caller, std::move(kept), std::nullopt});
  return last_;
}

bool CallTable::identify(Id id, uid_t uid) {
  const auto call = calls_.find(id);
  if (call == calls_.end())
    return true;
  call->second.uid = uid;
  const auto its =
      std::ranges::count_if(calls_, [uid](const auto& entry) { return entry.second.uid == uid; });
  return uid == 0 || std::cmp_less_equal(its, max_of_one_);
}

void CallTable::leave(Id id) {
  calls_.erase(id);
}

void CallTable::forget(const std::string& caller) {
  std::erase_if(calls_, [&caller](const auto& entry) { return entry.second.caller == caller; });
}

} // namespace ktls::bus
