// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/mapping_log.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "broker/message_ids.hpp"
#include "policy/show.hpp"

namespace ktls {
namespace {

constexpr std::size_t max_name_on_line = 512; // the fields have the whole

// Also of whom the profile does not let in.
const MappedUser* user_in(const MappingRecord& record) {
  if (record.answer)
    return &*record.answer;
  const auto& user = record.answer.error().user;
  return user ? &*user : nullptr;
}

Reason reason_in(const MappingRecord& record) {
  return record.answer ? Reason::Success : record.answer.error().reason;
}

std::string_view outcome_text(const MappingRecord& record) {
  if (record.answer)
    return "mapped";
  return record.demanded ? "refused" : "nobody";
}

std::string in_parentheses(const std::string& text) {
  return text.empty() ? "" : " (" + text + ")";
}

std::string found_text(const MappingRecord& record) {
  if (record.answer) {
    const auto& user = *record.answer;
    return fmt::format("is {}'s (uid {}): {}, by {} {}{}", escape(user.name), user.uid,
                       policy::strength_name(user.strength), user.source, user.rule,
                       in_parentheses(user.attribute));
  }
  return fmt::format("{}: {}{}", record.demanded ? "is refused" : "is nobody's here",
                     facts(reason_in(record)).name, in_parentheses(record.answer.error().detail));
}

} // namespace

std::string line_of(const MappingRecord& record) {
  return fmt::format("{}: certificate {} (subject \"{}\", issuer \"{}\") {}, rule \"{}\"",
                     record.description, record.certificate_sha256,
                     escape(record.subject, max_name_on_line),
                     escape(record.issuer, max_name_on_line), found_text(record), record.rule);
}

std::vector<journal::Field> fields_of(const MappingRecord& record) {
  std::vector<journal::Field> out{{"MESSAGE_ID", message_id::user_mapped},
                                  {"KTLS_MAP_OUTCOME", std::string(outcome_text(record))},
                                  {"KTLS_REASON", std::string(facts(reason_in(record)).name)},
                                  {"KTLS_PEER_SHA256", record.certificate_sha256},
                                  {"KTLS_PEER_SUBJECT", record.subject},
                                  {"KTLS_PEER_ISSUER", record.issuer},
                                  {"KTLS_PEER_ADDRESS", record.peer_address},
                                  {"KTLS_RULE", record.rule},
                                  {"KTLS_PROFILE", record.profile}};
  if (!record.answer)
    out.emplace_back("KTLS_DETAIL", record.answer.error().detail);
  if (const auto* user = user_in(record)) {
    out.emplace_back("KTLS_USER", user->name);
    out.emplace_back("KTLS_UID", std::to_string(user->uid));
    out.emplace_back("KTLS_MAP_SOURCE", user->source);
    out.emplace_back("KTLS_MAP_RULE", user->rule);
    out.emplace_back("KTLS_MAP_ATTRIBUTE", user->attribute);
    out.emplace_back("KTLS_MAP_STRENGTH", policy::strength_name(user->strength));
  }
  return out;
}

void MappingLog::write(const MappingRecord& record) {
  const auto reason = reason_in(record);
  const bool refused = !record.answer && record.demanded;
  const auto needed = refused         ? policy::LogLevel::Error
                      : record.answer ? policy::LogLevel::Info
                                      : policy::LogLevel::Warning;
  if (record.level < needed || (reason != Reason::Success && !limits_.allows(reason)))
    return;
  write_(refused ? log::Level::Warning : log::Level::Info, line_of(record), fields_of(record));
}

} // namespace ktls
