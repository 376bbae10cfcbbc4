// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/status_report.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "ktlsctl/field_list.hpp"

namespace ktls::command {
namespace {

std::string since_words(std::uint64_t us, WallTime now) {
  if (us == 0)
    return "";
  const auto then = wall_time(us);
  return fmt::format("since {} ({})", date_text(then), duration_text(now - then));
}

} // namespace

std::string status_report(const bus::AgentStatus& status, WallTime now, const Palette& palette) {
  FieldList fields(palette);
  fields.title("ktlsd " + status.version)
      .add("running", since_words(status.started_us, now))
      .add("policy", fmt::format("{}{}{}", status.policy_generation,
                                 status.policy_loaded_us == 0 ? "" : ", in force ",
                                 since_words(status.policy_loaded_us, now)))
      .add("sessions", std::to_string(status.sessions))
      .add("handshakes", fmt::format("{} in flight", status.handshakes_in_flight))
      .add("workers", std::to_string(status.workers));
  if (status.key_logged_profiles > 0)
    fields.add("keys",
               fmt::format("LOGGED, of {}: ktlsctl log-level says where to",
                           counted(status.key_logged_profiles, "profile")),
               Tone::Bad);
  std::string_view label = "able to";
  for (const auto& line : status.features) {
    fields.add(label, line);
    label = "";
  }
  return fields.text();
}

Json status_json(const bus::AgentStatus& status) {
  Json features = Json::array();
  for (const auto& line : status.features)
    features.push_back(line);
  return {{"version", status.version},
          {"started", time_or_null(status.started_us)},
          {"policy_generation", status.policy_generation},
          {"policy_loaded", time_or_null(status.policy_loaded_us)},
          {"sessions", status.sessions},
          {"handshakes_in_flight", status.handshakes_in_flight},
          {"workers", status.workers},
          {"key_logged_profiles", status.key_logged_profiles},
          {"features", features}};
}

} // namespace ktls::command
