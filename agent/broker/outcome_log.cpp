// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/outcome_log.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "broker/message_ids.hpp"
#include "policy/show.hpp"

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

std::string name_key_log(const Outcome& outcome) {
  return outcome.key_logged ? ", KEYS LOGGED" : "";
}

// Of a certificate: whose it is.
std::string name_user(const Outcome& outcome) {
  return outcome.user ? fmt::format(", user \"{}\" by {} {}", escape(outcome.user->name),
                                    outcome.user->source, outcome.user->rule)
                      : "";
}

std::string name_address(const std::optional<IpAddress>& address) {
  return address ? address->text() : "";
}

std::string name_port(std::uint16_t port) {
  return port == 0 ? "" : std::to_string(port);
}

const char* message_id_of(Reason reason) {
  if (reason == Reason::Success)
    return message_id::secured;
  return reason == Reason::PolicyClear ? message_id::clear : message_id::failed;
}

void add_owner(const HandshakeRequest& request, std::vector<journal::Field>& out) {
  if (request.from_kernel()) {
    out.emplace_back("KTLS_ORIGIN", "kernel");
    return;
  }
  out.emplace_back("KTLS_ORIGIN", "application");
  out.emplace_back("KTLS_OWNER_PID", std::to_string(request.pid));
  if (request.who.uid)
    out.emplace_back("KTLS_OWNER_UID", std::to_string(*request.who.uid));
  out.emplace_back("KTLS_OWNER_UNIT", request.who.unit);
}

} // namespace

std::string line_of(const HandshakeReport& report) {
  const auto& outcome = report.outcome;
  const auto& reason = facts(outcome.reason);
  if (outcome.reason == Reason::Success)
    return fmt::format("{}: secured with {} {}{}{}, peer {}{}{}{}", report.description,
                       outcome.protocol, outcome.cipher, outcome.group.empty() ? "" : " ",
                       outcome.group, name_peer(outcome), name_user(outcome), name_rule(outcome),
                       name_key_log(outcome));
  if (outcome.reason == Reason::PolicyClear)
    return fmt::format("{}: {}: {}{}", report.description, reason.name, reason.help,
                       name_rule(outcome));
  return fmt::format("{}: {}: {}{}{}{}", report.description, reason.name, reason.help,
                     outcome.detail.empty() ? "" : " (" + outcome.detail + ")",
                     outcome.peer_subject.empty() ? "" : "; peer \"" + outcome.peer_subject + "\"",
                     name_rule(outcome));
}

std::vector<journal::Field> fields_of(const HandshakeReport& report) {
  const auto& outcome = report.outcome;
  const auto& who = report.request.who;
  std::vector<journal::Field> out{
      {"MESSAGE_ID", message_id_of(outcome.reason)},
      {"KTLS_REASON", std::string(facts(outcome.reason).name)},
      {"KTLS_DETAIL", outcome.detail},
      {"KTLS_SESSION", report.session ? std::to_string(*report.session) : ""},
      {"KTLS_ROLE", report.role ? policy::role_name(*report.role) : ""},
      {"KTLS_RULE", outcome.rule},
      {"KTLS_PROFILE", outcome.profile},
      {"KTLS_LOCAL_ADDRESS", name_address(who.local_address)},
      {"KTLS_LOCAL_PORT", name_port(who.local_port)},
      {"KTLS_PEER_ADDRESS", name_address(who.remote_address)},
      {"KTLS_PEER_PORT", name_port(who.remote_port)},
      {"KTLS_PROTOCOL", outcome.protocol},
      {"KTLS_CIPHER", outcome.cipher},
      {"KTLS_GROUP", outcome.group},
      {"KTLS_SIGNATURE", outcome.signature},
      {"KTLS_SERVER_NAME", outcome.server_name},
      {"KTLS_ALPN", outcome.alpn},
      {"KTLS_PEER_SUBJECT", outcome.peer_subject},
      {"KTLS_PEER_ISSUER", outcome.peer_issuer},
      {"KTLS_PSK_IDENTITY", outcome.psk_identity},
      {"KTLS_KEY_LOGGED", outcome.key_logged ? "yes" : ""},
      {"KTLS_DURATION_USEC", std::to_string(report.took.count())}};
  add_owner(report.request, out);
  if (outcome.user) {
    out.emplace_back("KTLS_USER", outcome.user->name);
    out.emplace_back("KTLS_UID", std::to_string(outcome.user->uid));
    out.emplace_back("KTLS_MAP_SOURCE", outcome.user->source);
  }
  return out;
}

void OutcomeLog::write(const HandshakeReport& report) {
  const auto reason = report.outcome.reason;
  const bool good = reason == Reason::Success || reason == Reason::PolicyClear;
  if (!good && !failures_.allows(reason))
    return;
  if (reason == Reason::Success && report.level < policy::LogLevel::Info &&
      !report.outcome.key_logged)
    return;
  write_(good ? log::Level::Info : log::Level::Warning, line_of(report), fields_of(report));
}

} // namespace ktls
