// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/map_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "broker/bus_mapper.hpp"
#include "ktlsctl/json.hpp"

namespace ktls::command {
namespace {

std::string_view result_text(std::uint32_t result) {
  constexpr std::array<std::string_view, 7> names{"unknown", "match",     "no-match", "deny",
                                                  "error",   "ambiguous", "skipped"};
  return names.at(result < names.size() ? result : 0);
}

std::string strength_text_of(std::uint32_t strength) {
  switch (strength) {
  case 0:
    return "";
  case 1:
    return "weak";
  case 2:
    return "strong";
  default:
    return "unknown";
  }
}

std::string reason_text(const bus::Refused& refused) {
  return std::string(facts(mapping_reason(refused.refusal)).name);
}

using Row = std::array<std::string, 7>;
constexpr std::size_t max_attribute = 40; // in the table: a hash, or a whole name

std::vector<Row> rows_of(const bus::Tested& tested) {
  std::vector<Row> rows{{"SOURCE", "RESULT", "STRENGTH", "USER", "BY", "ATTRIBUTE", "WHY"}};
  for (const auto& step : tested.steps)
    rows.push_back({escape(step.source), std::string(result_text(step.result)),
                    strength_text_of(step.strength), escape(step.user), escape(step.rule),
                    escape(step.attribute, max_attribute), escape(step.why)});
  return rows;
}

// Columns that are empty in all steps are left out; the last one is as wide as it is.
std::string table_of(const std::vector<Row>& rows) {
  std::array<std::size_t, std::tuple_size_v<Row>> width{};
  for (std::size_t column = 0; column < width.size(); ++column) {
    for (std::size_t row = 1; row < rows.size(); ++row)
      width.at(column) = std::max(width.at(column), rows.at(row).at(column).size());
    if (width.at(column) > 0)
      width.at(column) = std::max(width.at(column), rows.front().at(column).size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < width.size(); ++column) {
      if (width.at(column) > 0)
        line += fmt::format("{:<{}}  ", row.at(column).empty() ? "-" : row.at(column),
                            width.at(column));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string anchor_text(const MapQuestion& question) {
  if (!question.anchor_sha256.empty())
    return fmt::format("{} ({})", question.anchor_sha256, escape(question.anchor_from));
  return "not known: what is bound to an anchor (filters, extensions, \"issued\" pins) cannot "
         "match; name it with --anchor";
}

std::string answer_text(const bus::MapAnswer& answer) {
  if (answer)
    return fmt::format("user {}, uid {}, {}", escape(answer->user), answer->uid,
                       strength_text_of(answer->strength));
  return fmt::format("no user: {}: {}", reason_text(answer.error()), escape(answer.error().text));
}

} // namespace

std::string map_report(const MapQuestion& question, const bus::Tested& tested) {
  return fmt::format("certificate  {}\n"
                     "issuer       {}\n"
                     "sha256       {}\n"
                     "anchor       {}\n\n{}\n{}\n",
                     escape(question.subject), escape(question.issuer), question.sha256,
                     anchor_text(question), table_of(rows_of(tested)), answer_text(tested.answer));
}

std::string map_json(const MapQuestion& question, const bus::Tested& tested) {
  Json out;
  out["certificate"] = {
      {"subject", question.subject}, {"issuer", question.issuer}, {"sha256", question.sha256}};
  out["anchor_spki_sha256"] = or_null(question.anchor_sha256);
  out["steps"] = Json::array();
  for (const auto& step : tested.steps)
    out["steps"].push_back({{"source", escape(step.source)},
                            {"result", result_text(step.result)},
                            {"strength", or_null(strength_text_of(step.strength))},
                            {"user", or_null(escape(step.user))},
                            {"by", or_null(escape(step.rule))},
                            {"attribute", or_null(escape(step.attribute))},
                            {"why", or_null(escape(step.why))}});
  const auto& answer = tested.answer;
  out["user"] = answer ? Json(answer->user) : Json();
  out["uid"] = answer ? Json(answer->uid) : Json();
  out["strength"] = answer ? Json(strength_text_of(answer->strength)) : Json();
  out["reason"] = answer ? Json() : Json(reason_text(answer.error()));
  out["detail"] = answer ? Json() : Json(escape(answer.error().text));
  return json_text(out);
}

std::string map_failure(const bus::Failure& failure) {
  const std::string name = escape(failure.name);
  const std::string text = escape(failure.text);
  const auto is = [&](std::string_view error) {
    return name == std::string("org.freedesktop.DBus.Error.").append(error);
  };
  if (is("AccessDenied"))
    return fmt::format(
        "ktls-mapd does not answer uid {}: only root and the user that ktlsd runs as "
        "may ask; do it as root",
        ::geteuid());
  if (is("ServiceUnknown") || is("NameHasNoOwner") || is("TimedOut") ||
      name.starts_with("org.freedesktop.DBus.Error.Spawn.") ||
      name.starts_with("org.freedesktop.systemd1."))
    return fmt::format(
        "there is no mapper on the system bus ({}); is ktls-mapd installed, and does "
        "it start? See systemctl status ktls-mapd",
        text);
  if (is("NoReply") || is("Timeout"))
    return fmt::format("the mapper gave no answer ({}); see journalctl -u ktls-mapd", text);
  if (name == bus::garbage_name || is("UnknownMethod") || is("UnknownInterface") ||
      is("UnknownObject"))
    return fmt::format("the mapper does not know the question, or answers something else ({}); is "
                       "ktls-mapd of the same version as ktlsctl?",
                       text);
  if (const auto refusal = bus::refusal_of(name))
    return fmt::format("the mapper does not look at it: {}: {}",
                       facts(mapping_reason(*refusal)).name, text);
  return fmt::format("the mapper refused: {} ({})", text, name);
}

} // namespace ktls::command
