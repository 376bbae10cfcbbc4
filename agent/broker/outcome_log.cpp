// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/outcome_log.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace ktls {
namespace {

std::string name_peer(const Outcome& outcome) {
  if (!outcome.peer_subject.empty())
    return "\"" + outcome.peer_subject + "\"" + (outcome.authenticated ? "" : " (not verified)");
  if (!outcome.psk_identity.empty())
    return "with the pre-shared key \"" + outcome.psk_identity + "\"";
  return "without certificate";
}

// Behind all else that a line says.
std::string name_rule(const Outcome& outcome) {
  return outcome.rule.empty() ? "" : fmt::format(", rule \"{}\"", outcome.rule);
}

// Of a certificate: whose it is.
std::string name_user(const Outcome& outcome) {
  return outcome.user ? fmt::format(", user \"{}\" by {} {}", escape(outcome.user->name),
                                    outcome.user->source, outcome.user->rule)
                      : "";
}

} // namespace

void OutcomeLog::write(const std::string& description, const Outcome& outcome) {
  const auto& reason = facts(outcome.reason);
  if (outcome.reason == Reason::Success)
    return log::info("{}: secured with {} {}{}{}, peer {}{}{}", description, outcome.protocol,
                     outcome.cipher, outcome.group.empty() ? "" : " ", outcome.group,
                     name_peer(outcome), name_user(outcome), name_rule(outcome));
  if (outcome.reason == Reason::PolicyClear)
    return log::info("{}: {}: {}{}", description, reason.name, reason.help, name_rule(outcome));
  failures_.write(
      outcome.reason,
      fmt::format("{}: {}: {}{}{}{}", description, reason.name, reason.help,
                  outcome.detail.empty() ? "" : " (" + outcome.detail + ")",
                  outcome.peer_subject.empty() ? "" : "; peer \"" + outcome.peer_subject + "\"",
                  name_rule(outcome)));
}

} // namespace ktls
