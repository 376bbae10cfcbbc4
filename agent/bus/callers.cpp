// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/callers.hpp"

#include <algorithm>
#include <memory>

#include "bus/compatibility.hpp"

namespace ktls::bus {
namespace {

constexpr std::chrono::seconds answer_time{2}; // of the bus itself

} // namespace

Callers::Judgement Callers::judgement_of(uid_t uid) const {
  return uid == 0 || std::ranges::find(allowed_, uid) != allowed_.end() ? Judgement::Admitted
                                                                        : Judgement::Refused;
}

void Callers::remember(const std::string& sender, uid_t uid) {
  if (remembered_.size() >= max_remembered)
    remembered_.clear();
  remembered_[sender] = uid;
}

void Callers::judge(const std::string& sender, std::function<void(Judgement)> then) {
  if (const auto known = remembered_.find(sender); known != remembered_.end())
    return then(judgement_of(known->second));
  const auto uid = std::make_shared<std::uint32_t>();
  const auto call = std::make_shared<std::function<void(Judgement)>>(std::move(then));
  connection_.call({"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                    "GetConnectionUnixUser"},
                   answer_time, [&sender](sdbus::MethodCall& message) { message << sender; },
                   {[uid](sdbus::MethodReply& reply) { reply >> *uid; },
                    [this, sender, uid, call] {
                      remember(sender, *uid);
                      (*call)(judgement_of(*uid));
                    },
                    [call](const Failure&) { (*call)(Judgement::Unknown); }});
}

} // namespace ktls::bus
