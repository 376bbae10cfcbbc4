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

void Callers::uid_of(const std::string& sender, std::function<void(std::optional<uid_t>)> then) {
  if (const auto known = remembered_.find(sender); known != remembered_.end())
    return then(known->second);
  const auto uid = std::make_shared<std::uint32_t>();
  const auto call = std::make_shared<std::function<void(std::optional<uid_t>)>>(std::move(then));
  connection_.call({"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                    "GetConnectionUnixUser"},
                   answer_time, [&sender](sdbus::MethodCall& message) { message << sender; },
                   {[uid](sdbus::MethodReply& reply) { reply >> *uid; },
                    [this, sender, uid, call] {
                      remember(sender, *uid);
                      (*call)(*uid);
                    },
                    [call](const Failure&) { (*call)(std::nullopt); }});
}

void Callers::judge(const std::string& sender, std::function<void(Judgement)> then) {
  uid_of(sender, [this, then = std::move(then)](std::optional<uid_t> uid) {
    then(uid ? judgement_of(*uid) : Judgement::Unknown);
  });
}

} // namespace ktls::bus
