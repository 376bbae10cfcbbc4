// SPDX-License-Identifier: GPL-2.0-or-later
// What is printed with --json is what docs/ktlsctl-json.schema.json says: the same keys, of types
// that it allows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "ktlsctl/credential_report.hpp"
#include "ktlsctl/event_report.hpp"
#include "ktlsctl/log_level_report.hpp"
#include "ktlsctl/session_json.hpp"
#include "ktlsctl/session_samples.hpp"
#include "ktlsctl/statistics_report.hpp"
#include "ktlsctl/status_report.hpp"

namespace ktls::command {
namespace {

const Json& schema() {
  static const Json read = [] {
    std::ifstream file(KTLS_JSON_SCHEMA);
    return Json::parse(file);
  }();
  return read;
}

std::string type_name(const Json& value) {
  if (value.is_number_integer())
    return "integer";
  return value.is_null() ? "null" : value.type_name();
}

bool is_allowed_type(const Json& value, const Json& types) {
  const auto is = [&](const Json& type) {
    return type == type_name(value) || (type == "number" && value.is_number());
  };
  return types.is_array() ? std::any_of(types.begin(), types.end(), is) : is(types);
}

// As far as our schema uses JSON Schema; what is wrong, or nothing.
std::string misfit(const Json& value, const Json& by, const std::string& at);

std::string misfit_of_object(const Json& value, const Json& by, const std::string& at) {
  for (const auto& name : by.at("required")) {
    if (!value.contains(name.get<std::string>()))
      return at + " lacks " + name.get<std::string>();
  }
  for (const auto& [name, part] : value.items()) {
    if (!by.at("properties").contains(name))
      return fmt::format("{} has {}", at, name);
    const auto inside = fmt::format("{}.{}", at, name);
    if (auto wrong = misfit(part, by.at("properties").at(name), inside); !wrong.empty())
      return wrong;
  }
  return "";
}

std::string misfit(const Json& value, const Json& by, const std::string& at) {
  if (by.contains("$ref"))
    return misfit(value,
                  schema().at(Json::json_pointer(by.at("$ref").get<std::string>().substr(1))), at);
  if (by.contains("const"))
    return value == by.at("const") ? "" : at + " is another";
  if (by.contains("enum")) {
    const auto& all = by.at("enum");
    return std::find(all.begin(), all.end(), value) != all.end() ? "" : at + " is none of them";
  }
  if (by.contains("type") && !is_allowed_type(value, by.at("type")))
    return at + " is " + type_name(value);
  if (value.is_object() && by.contains("properties"))
    return misfit_of_object(value, by, at);
  if (value.is_array()) {
    for (const auto& item : value) {
      if (auto wrong = misfit(item, by.at("items"), at + "[]"); !wrong.empty())
        return wrong;
    }
  }
  return "";
}

std::string mismatch_with(const char* definition, const Json& value) {
  return misfit(value, schema().at("$defs").at(definition), definition);
}

bus::SessionDetails hardly_known() {
  bus::SessionDetails details;
  details.row.id = 1;
  details.row.origin = "foreign";
  details.row.state = "open";
  return details;
}

TEST(JsonSchema, IsOfSessions) {
  auto row = hardly_known().row;

  EXPECT_EQ(mismatch_with("sessions", sessions_json({})), "");
  EXPECT_EQ(mismatch_with("sessions", sessions_json({test::row(), test::row_of_the_kernel(), row})),
            "");
}

TEST(JsonSchema, IsOfOneSession) {
  const CertificateWords unreadable;
  auto readable = unreadable;
  readable.subject = "CN=a";
  readable.names = {"DNS:a"};
  readable.not_after_us = 1;

  EXPECT_EQ(mismatch_with("session", session_json(test::details(), {{unreadable, readable}})), "");
  EXPECT_EQ(mismatch_with("session", session_json(hardly_known(), std::nullopt)), "");
}

TEST(JsonSchema, IsOfWhatTheAgentTellsOfItself) {
  EXPECT_EQ(mismatch_with("status", status_json({})), "");
  EXPECT_EQ(mismatch_with("status",
                          status_json({"0.1.0", test::noon_us, 1, test::noon_us, 1, 2, 3, {"x"}})),
            "");
  EXPECT_EQ(mismatch_with("statistics",
                          statistics_json({{"a", {{"b", "c"}}, 0.5}, {"a", {}, std::nan("")}})),
            "");
  bus::CredentialRow credential;
  EXPECT_EQ(mismatch_with("credentials", credentials_json({credential}, test::noon())), "");
  credential.fingerprint = std::string(64, 'a');
  EXPECT_EQ(mismatch_with("credentials", credentials_json({credential}, test::noon())), "");
}

TEST(JsonSchema, IsOfLogLevels) {
  EXPECT_EQ(mismatch_with("log_levels", log_levels_json({})), "");
  EXPECT_EQ(mismatch_with("log_levels", log_levels_json({{"web", "debug", "info", ""},
                                                         {"nfs", "info", "info", "/k"}})),
            "");
}

TEST(JsonSchema, IsOfEachEvent) {
  const auto now = test::noon();
  for (const bus::AgentEvent& event :
       {bus::AgentEvent(bus::OpenedEvent{test::details()}), bus::AgentEvent(bus::EndedEvent{}),
        bus::AgentEvent(bus::FailedHandshake{}), bus::AgentEvent(bus::PolicyEvent{}),
        bus::AgentEvent(bus::DroppedEvent{})}) {
    const auto json = event_json(event, now);
    EXPECT_EQ(mismatch_with(json.at("event").get<std::string>().c_str(), json), "");
  }
  EXPECT_EQ(mismatch_with("agent-gone", presence_json(false, now)), "");
  EXPECT_EQ(mismatch_with("agent-back", presence_json(true, now)), "");
}

TEST(JsonSchema, SeesWhatIsWrong) {
  auto json = sessions_json({test::row()});
  json["sessions"][0]["pid"] = "many";
  EXPECT_EQ(mismatch_with("sessions", json), "sessions.sessions[].pid is string");

  json = sessions_json({test::row()});
  json["sessions"][0].erase("user");
  EXPECT_EQ(mismatch_with("sessions", json), "sessions.sessions[] lacks user");

  json["more"] = 1;
  EXPECT_NE(mismatch_with("sessions", json), "");
}

TEST(JsonText, IsInAscii) {
  const auto text = json_text(session_json(test::hostile_details(), std::nullopt));

  EXPECT_TRUE(test::is_harmless(text)) << text;
  EXPECT_EQ(json_line({{"name", "\xc3\xa4\x1b"}}), "{\"name\":\"\\u00e4\\u001b\"}\n");
}

} // namespace
} // namespace ktls::command
