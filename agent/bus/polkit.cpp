// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/polkit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "bus/compatibility.hpp"

namespace ktls::bus {
namespace {

constexpr const char* polkit_name = "org.freedesktop.PolicyKit1";
constexpr const char* polkit_path = "/org/freedesktop/PolicyKit1/Authority";
constexpr const char* polkit_interface = "org.freedesktop.PolicyKit1.Authority";
constexpr std::uint32_t allow_interaction = 1;

using PolkitSubject = sdbus::Struct<std::string, Dictionary>;
using PolkitDetails = std::map<std::string, std::string>;

} // namespace

void Polkit::check(const std::string& subject, uid_t uid, Action action, bool interactive,
                   std::function<void(Answer)> then) {
  const auto his =
      std::ranges::count_if(checks_, [uid](const auto& check) { return check.second.uid == uid; });
  if (checks_.size() >= max_checks || static_cast<std::size_t>(his) >= max_checks_of_one)
    return then(Answer::Busy);
  const auto id = fmt::format("{}", ++last_);
  checks_.emplace(id, Subject{subject, uid});
  const auto allowed = std::make_shared<bool>(false);
  const auto call = std::make_shared<std::function<void(Answer)>>(std::move(then));
  connection_.call({polkit_name, polkit_path, polkit_interface, "CheckAuthorization"},
                   interactive ? waits_.interactive : waits_.other,
                   [&](sdbus::MethodCall& message) {
                     message << PolkitSubject("system-bus-name",
                                              Dictionary{{"name", sdbus::Variant(subject)}})
                             << std::string(name_of(action)) << PolkitDetails()
                             << (interactive ? allow_interaction : 0U) << id;
                   },
                   {[allowed](sdbus::MethodReply& reply) {
                      sdbus::Struct<bool, bool, PolkitDetails> result;
                      reply >> result;
                      *allowed = std::get<0>(result);
                    },
                    [this, id, allowed, call] {
                      checks_.erase(id);
                      (*call)(*allowed ? Answer::Yes : Answer::No);
                    },
                    [this, id, call](const Failure& failure) {
                      checks_.erase(id);
                      if (failure.name == no_reply_name)
                        cancel(id);
                      (*call)(Answer::No);
                    }});
}

void Polkit::forget(const std::string& subject) {
  for (const auto& [id, its_subject] : checks_) {
    if (its_subject.name == subject)
      cancel(id);
  }
}

void Polkit::cancel(const std::string& id) {
  connection_.call({polkit_name, polkit_path, polkit_interface, "CancelCheckAuthorization"},
                   waits_.other, [&id](sdbus::MethodCall& message) { message << id; },
                   {[](sdbus::MethodReply&) {}, [] {}, [](const Failure&) {}});
}

} // namespace ktls::bus
