// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_log.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "broker/message_ids.hpp"

namespace ktls {
namespace {

// Of one that was only found, nobody has seen it.
bool is_known(std::chrono::system_clock::time_point began) {
  return began.time_since_epoch().count() != 0;
}

// A clock that was set back makes no session end before it began.
std::chrono::seconds age_of(const EndedSession& ended) {
  const auto age = std::chrono::floor<std::chrono::seconds>(ended.at - ended.session.began);
  return std::max(age, std::chrono::seconds(0));
}

} // namespace

policy::LogLevel level_of(const EndedSession& ended) {
  if (ended.session.terms->key_logged)
    return policy::LogLevel::Error;
  switch (ended.how) {
  case SessionEnd::Closed:
    return policy::LogLevel::Info;
  case SessionEnd::Terminated:
    return policy::LogLevel::Warning;
  case SessionEnd::Revoked:
    return policy::LogLevel::Error;
  }
  return policy::LogLevel::Error;
}

std::string line_of(const EndedSession& ended) {
  const auto& terms = *ended.session.terms;
  return fmt::format(
      "{}: the session has ended: {}{}{}{}", describe(ended.session), name_of(ended.how),
      is_known(ended.session.began) ? fmt::format(" after {} s", age_of(ended).count()) : "",
      terms.rule.empty() ? "" : ", rule \"" + terms.rule + "\"",
      terms.key_logged ? ", KEYS LOGGED" : "");
}

std::vector<journal::Field> fields_of(const EndedSession& ended) {
  const auto& session = ended.session;
  const auto& terms = *session.terms;
  std::vector<journal::Field> out{{"MESSAGE_ID", message_id::session_ended},
                                  {"KTLS_SESSION", std::to_string(session.cookie)},
                                  {"KTLS_END", name_of(ended.how)},
                                  {"KTLS_RULE", terms.rule},
                                  {"KTLS_PROFILE", terms.profile}};
  if (is_known(session.began))
    out.emplace_back("KTLS_AGE_SEC", std::to_string(age_of(ended).count()));
  if (terms.key_logged)
    out.emplace_back("KTLS_KEY_LOGGED", "yes");
  if (session.peer)
    out.emplace_back("KTLS_PEER_SUBJECT", session.peer->subject);
  if (session.user) {
    out.emplace_back("KTLS_USER", session.user->name);
    out.emplace_back("KTLS_UID", std::to_string(session.user->uid));
  }
  return out;
}

} // namespace ktls
