// SPDX-License-Identifier: GPL-2.0-or-later
// AgentCall: a call of one of the agent's methods, and its answer. CallDesk: all of them, and what
// each goes through before it is served: a place, who calls, and whether he may.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "bus/agent1.hpp"
#include "bus/agent1_codec.hpp"
#include "bus/authorizer.hpp"
#include "bus/call_table.hpp"
#include "bus/callers.hpp"
#include "bus/compatibility.hpp"
#include "bus/connection.hpp"

namespace ktls::bus {

inline constexpr const char* access_denied_name = "org.freedesktop.DBus.Error.AccessDenied";
inline constexpr const char* invalid_args_name = "org.freedesktop.DBus.Error.InvalidArgs";
inline constexpr const char* busy_text = "too many calls are in flight";

class CallDesk;

// A copy is the same call. Only the first answer counts, and none when the caller has left the bus
// or the desk is gone: so it may be kept for as long as one likes.
template<class... Results>
class AgentCall {
public:
  using Pending = sdbus::Result<Results...>;

  AgentCall(std::weak_ptr<CallDesk> desk, CallTable::Id id, std::weak_ptr<Pending> pending,
            std::string sender)
      : desk_(std::move(desk)), id_(id), pending_(std::move(pending)), sender_(std::move(sender)) {}

  void give(const Results&... results) const {
    answer([&](const Pending& pending) { pending.returnResults(results...); });
  }
  void fail(const std::string& name, const std::string& text) const;
  void fail(const AgentRefused& refused) const { fail(error_name(refused.refusal), refused.text); }

  // Somebody waits for the answer.
  [[nodiscard]] bool is_open() const { return !pending_.expired(); }
  [[nodiscard]] const std::string& sender() const { return sender_; }
  [[nodiscard]] CallTable::Id id() const { return id_; }

private:
  template<class Send>
  void answer(Send send) const;

  std::weak_ptr<CallDesk> desk_;
  CallTable::Id id_;
  std::weak_ptr<Pending> pending_;
  std::string sender_;
};

class CallDesk : public std::enable_shared_from_this<CallDesk> {
public:
  CallDesk(Connection& connection, Polkit::Waits waits)
      : connection_(connection), callers_(connection, {}), authorizer_(connection, waits) {}

  // `then` at once, if there is room: with a call of somebody, who has no rights yet.
  template<class Then, class... Results>
  void take(const std::string& sender, sdbus::Result<Results...>&& result, Then then);

  // `then` with the caller's uid and the verdict, at once or later.
  template<class Then, class... Results>
  void judge(const AgentCall<Results...>& call, Authorizer::Question question, Then then);

  // `then`, if he may; else the call fails.
  template<class Then, class... Results>
  void authorize(const AgentCall<Results...>& call, Authorizer::Question question, Then then);

  // It has left the bus.
  void forget(const std::string& sender);

  // For AgentCall.
  void leave(CallTable::Id id) { table_.leave(id); }
  void flush() { connection_.flush(); }

private:
  Connection& connection_;
  CallTable table_{max_calls, max_calls_of_one};
  Callers callers_;
  Authorizer authorizer_;
};

template<class... Results>
void AgentCall<Results...>::fail(const std::string& name, const std::string& text) const {
  answer([&](const Pending& pending) { pending.returnError(make_error(name, bus_text(text))); });
}

template<class... Results>
template<class Send>
void AgentCall<Results...>::answer(Send send) const {
  const auto pending = pending_.lock();
  const auto desk = desk_.lock();
  if (!pending || !desk)
    return;
  desk->leave(id_);
  try {
    send(*pending);
  } catch (const sdbus::Error&) { // the caller is gone, or the bus is
  }
  desk->flush();
}

template<class Then, class... Results>
void CallDesk::take(const std::string& sender, sdbus::Result<Results...>&& result, Then then) {
  const auto pending = std::make_shared<sdbus::Result<Results...>>(std::move(result));
  if (const auto id = table_.enter(sender, pending))
    return then(AgentCall<Results...>(weak_from_this(), *id, pending, sender));
  try {
    pending->returnError(make_error(error_name(AgentRefusal::Busy), busy_text));
  } catch (const sdbus::Error&) { // the caller is gone, or the bus is
  }
  flush();
}

template<class Then, class... Results>
void CallDesk::judge(const AgentCall<Results...>& call, Authorizer::Question question, Then then) {
  callers_.uid_of(call.sender(), [this, call, question = std::move(question),
                                  then = std::move(then)](std::optional<uid_t> uid) {
    if (!uid)
      return call.fail(access_denied_name, "the bus does not say who asks");
    if (!table_.identify(call.id(), *uid))
      return call.fail({AgentRefusal::Busy, busy_text});
    authorizer_.judge(call.sender(), *uid, question,
                      [call, uid = *uid, then](Authorizer::Verdict verdict) {
                        if (verdict == Authorizer::Verdict::Busy)
                          return call.fail({AgentRefusal::Busy, busy_text});
                        if (call.is_open())
                          then(uid, verdict == Authorizer::Verdict::Allowed);
                      });
  });
}

template<class Then, class... Results>
void CallDesk::authorize(const AgentCall<Results...>& call, Authorizer::Question question,
                         Then then) {
  const std::string action(name_of(question.action));
  judge(call, std::move(question), [call, action, then = std::move(then)](uid_t, bool allowed) {
    if (!allowed)
      return call.fail(access_denied_name, action + " is not allowed");
    then();
  });
}

} // namespace ktls::bus
