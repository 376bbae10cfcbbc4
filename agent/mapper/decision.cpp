// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/decision.hpp"

#include <fmt/format.h>

#include "base/journal.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace ktls {
namespace {

// Of decisions of ktls-mapd, to be found by: journalctl MESSAGE_ID=...
constexpr const char* mapped_id = "f80c70fe3a2b456d9b4b4196e3ec09cc";
constexpr const char* refused_id = "29ac133363d14e409f6c0e7937800f8f";

constexpr std::size_t max_name = 512; // on a line: the fields have the whole

constexpr std::string_view strength_name(std::uint32_t strength) {
  return strength == 2 ? "strong" : "weak";
}

std::string certificate_of(const Decision& decision) {
  if (decision.certificate_sha256.empty())
    return "a certificate that cannot be read";
  return fmt::format("certificate {} (subject \"{}\", issuer \"{}\", serial {})",
                     decision.certificate_sha256, escape(decision.subject, max_name),
                     escape(decision.issuer, max_name), decision.serial);
}

} // namespace

std::string line_of(const Decision& decision) {
  std::string out;
  if (decision.answer) {
    const auto& mapped = *decision.answer;
    out = fmt::format("{} is {}'s (uid {}): {}, by {}", certificate_of(decision), mapped.user,
                      mapped.uid, strength_name(mapped.strength), mapped.evidence.source);
    if (!mapped.evidence.rule.empty())
      out += fmt::format(" {}", mapped.evidence.rule);
    if (!mapped.evidence.attribute.empty())
      out += fmt::format(" ({})", mapped.evidence.attribute);
  } else {
    const auto& refused = decision.answer.error();
    out = fmt::format("{} is refused: {}: {}", certificate_of(decision), name_of(refused.refusal),
                      refused.text);
  }
  if (!decision.remote_address.empty())
    out += fmt::format(", peer {}", decision.remote_address);
  if (!decision.rule.empty())
    out += fmt::format(", rule \"{}\"", decision.rule);
  return out;
}

JournalFields fields_of(const Decision& decision) {
  JournalFields out{{"MESSAGE_ID", decision.answer ? mapped_id : refused_id},
                    {"KTLS_PEER_SHA256", decision.certificate_sha256},
                    {"KTLS_PEER_SUBJECT", decision.subject},
                    {"KTLS_PEER_ISSUER", decision.issuer},
                    {"KTLS_PEER_SERIAL", decision.serial},
                    {"KTLS_PEER_ADDRESS", decision.remote_address},
                    {"KTLS_RULE", decision.rule},
                    {"KTLS_PROFILE", decision.profile}};
  if (!decision.answer) {
    out.emplace_back("KTLS_MAP_REFUSAL", name_of(decision.answer.error().refusal));
    return out;
  }
  const auto& mapped = *decision.answer;
  out.emplace_back("KTLS_USER", mapped.user);
  out.emplace_back("KTLS_UID", std::to_string(mapped.uid));
  out.emplace_back("KTLS_MAP_SOURCE", mapped.evidence.source);
  out.emplace_back("KTLS_MAP_RULE", mapped.evidence.rule);
  out.emplace_back("KTLS_MAP_ATTRIBUTE", mapped.evidence.attribute);
  out.emplace_back("KTLS_MAP_STRENGTH", strength_name(mapped.strength));
  return out;
}

void DecisionLog::write(const Decision& decision) {
  if (decision.answer)
    return journal::write(log::Level::Info, line_of(decision), fields_of(decision));
  const auto kind = static_cast<std::size_t>(decision.answer.error().refusal);
  const auto now = EventLoop::Clock::now();
  if (limits_.at(kind).allows(now))
    return journal::write(log::Level::Warning, line_of(decision), fields_of(decision));
  if (summary_)
    return;
  auto timer = loop_.on_time(now + LineLimit::window, [this] { summarise(); });
  check(timer.has_value(), "a timer can be set");
  summary_ = std::move(*timer);
}

void DecisionLog::summarise() {
  summary_.reset();
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    if (const std::size_t more = limits_.at(i).take_left_out(); more != 0)
      log::warning("{} more certificates are refused: {}", more,
                   name_of(static_cast<bus::Refusal>(i)));
  }
}

} // namespace ktls
