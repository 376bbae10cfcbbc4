// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/credential_report.hpp"

#include <fmt/format.h>

#include "ktlsctl/field_list.hpp"

namespace ktls::command {
namespace {

constexpr std::int64_t days_to_warn = 30; // as the agent's log

Tone expiry_tone(WallTime end, WallTime now) {
  const auto left = days_left(end, now);
  if (left < 0)
    return Tone::Bad;
  return left <= days_to_warn ? Tone::Warning : Tone::Good;
}

std::string validity_start(WallTime begin, WallTime now) {
  return date_text(begin) + (begin > now ? " (not yet valid)" : "");
}

} // namespace

std::string credential_report(const std::vector<bus::CredentialRow>& rows, WallTime now,
                              const Palette& palette) {
  if (rows.empty())
    return "The policy in force has no credentials.\n";
  FieldList fields(palette);
  for (const auto& row : rows) {
    const auto begin = wall_time(row.not_before_us);
    const auto end = wall_time(row.not_after_us);
    fields.title(row.name.empty() ? row.file : row.name)
        .add("file", row.file)
        .add("configured", row.place)
        .add("subject", row.subject)
        .add("issuer", row.issuer)
        .add("key", row.key)
        .add("valid from", validity_start(begin, now), begin > now ? Tone::Bad : Tone::Plain)
        .add("valid until", fmt::format("{} ({})", date_text(end), expiry_text(end, now)),
             expiry_tone(end, now))
        .add("sha256", row.fingerprint);
  }
  return fields.text();
}

Json credentials_json(const std::vector<bus::CredentialRow>& rows, WallTime now) {
  Json list = Json::array();
  for (const auto& row : rows)
    list.push_back({{"name", row.name},
                    {"file", row.file},
                    {"place", or_null(row.place)},
                    {"subject", or_null(row.subject)},
                    {"issuer", or_null(row.issuer)},
                    {"key", or_null(row.key)},
                    {"sha256", or_null(row.fingerprint)},
                    {"not_before", utc_text(wall_time(row.not_before_us))},
                    {"not_after", utc_text(wall_time(row.not_after_us))},
                    {"days_left", days_left(wall_time(row.not_after_us), now)}});
  return {{"credentials", list}};
}

} // namespace ktls::command
