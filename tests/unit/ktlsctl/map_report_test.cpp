// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/map_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ktls::command {
namespace {

using bus::Refusal;

MapQuestion question() {
  MapQuestion out;
  out.subject = "CN=alice";
  out.issuer = "CN=CA";
  out.sha256 = "abcd";
  out.anchor_sha256 = "ef01";
  out.anchor_from = "ca.pem";
  return out;
}

bus::Tested mapped() {
  return {{{"pin", 2, 0, "no pin is for it", "", "", ""},
           {"filter", 1, 1, "the most specific one", "alice", "staff", "CN=alice"},
           {"account", 1, 1, "active", "alice", "", ""}},
          bus::MappedUser{"alice", 1000, 1, {}}};
}

bus::Tested refused(Refusal refusal) {
  return {{{"pin", 6, 0, "not configured", "", "", ""}},
          tl::make_unexpected(bus::Refused{refusal, "no source knows it"})};
}

TEST(MapReport, LinesUpTheSteps) {
  EXPECT_EQ(map_report(question(), mapped()),
            "certificate  CN=alice\n"
            "issuer       CN=CA\n"
            "sha256       abcd\n"
            "anchor       ef01 (ca.pem)\n"
            "\n"
            "SOURCE   RESULT    STRENGTH  USER   BY     ATTRIBUTE  WHY\n"
            "pin      no-match  -         -      -      -          no pin is for it\n"
            "filter   match     weak      alice  staff  CN=alice   the most specific one\n"
            "account  match     weak      alice  -      -          active\n"
            "\n"
            "user alice, uid 1000, weak\n");
}

TEST(MapReport, LeavesOutWhatNoStepHas) {
  auto unknown = question();
  unknown.anchor_sha256.clear();

  EXPECT_EQ(map_report(unknown, refused(Refusal::NotMapped)),
            "certificate  CN=alice\n"
            "issuer       CN=CA\n"
            "sha256       abcd\n"
            "anchor       not known: what is bound to an anchor (filters, extensions, \"issued\" "
            "pins) cannot match; name it with --anchor\n"
            "\n"
            "SOURCE  RESULT   WHY\n"
            "pin     skipped  not configured\n"
            "\n"
            "no user: user-not-mapped: no source knows it\n");
}

TEST(MapReport, SaysTheReasonThatAHandshakeWouldEndWith) {
  const auto last = [](Refusal refusal) {
    const auto text = map_report(question(), refused(refusal));
    return text.substr(text.find("no user: ") + 9);
  };

  EXPECT_EQ(last(Refusal::UserRevoked), "user-revoked: no source knows it\n");
  EXPECT_EQ(last(Refusal::Ambiguous), "ambiguous-mapping: no source knows it\n");
  EXPECT_EQ(last(Refusal::Unavailable), "mapper-unavailable: no source knows it\n");
}

TEST(MapReport, KeepsLongAttributesFromMakingTheTableWide) {
  auto tested = mapped();
  tested.steps[1].attribute = "certificate=" + std::string(64, 'a');

  const auto text = map_report(question(), tested);

  EXPECT_NE(text.find("staff  certificate=aaaaaaaaaaaaaaaaaaaaaaaaa...  the most"),
            std::string::npos)
      << text;
  EXPECT_NE(map_json(question(), tested).find(tested.steps[1].attribute), std::string::npos);
}

TEST(MapReport, KnowsNumbersThatAreNone) {
  auto odd = mapped();
  odd.steps[0].result = 77;
  odd.steps[0].strength = 9;

  const auto text = map_report(question(), odd);

  EXPECT_NE(text.find("pin      unknown  unknown"), std::string::npos) << text;
}

TEST(MapReport, PrintsNothingThatActsOnATerminal) {
  const std::string bad = "\x1b[2J\n";
  auto odd = question();
  odd.subject = bad;
  odd.issuer = bad;
  odd.anchor_from = bad;
  const bus::Tested all{{{bad, 1, 2, bad, bad, bad, bad}}, bus::MappedUser{bad, 1, 2, {}}};
  const bus::Tested none{{}, tl::make_unexpected(bus::Refused{Refusal::Denied, bad})};

  for (const auto& text :
       {map_report(odd, all), map_report(odd, none), map_json(odd, all), map_json(odd, none),
        map_failure({bad, bad}), map_failure({"org.freedesktop.DBus.Error.NoReply", bad})})
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
}

TEST(MapJson, HasAllOfIt) {
  const auto json = nlohmann::json::parse(map_json(question(), mapped()));

  EXPECT_EQ(json.at("certificate").at("subject"), "CN=alice");
  EXPECT_EQ(json.at("anchor_spki_sha256"), "ef01");
  ASSERT_EQ(json.at("steps").size(), 3U);
  EXPECT_EQ(json.at("steps")[0].at("result"), "no-match");
  EXPECT_TRUE(json.at("steps")[0].at("user").is_null());
  EXPECT_EQ(json.at("steps")[1].at("by"), "staff");
  EXPECT_EQ(json.at("steps")[1].at("strength"), "weak");
  EXPECT_EQ(json.at("user"), "alice");
  EXPECT_EQ(json.at("uid"), 1000);
  EXPECT_EQ(json.at("strength"), "weak");
  EXPECT_TRUE(json.at("reason").is_null());
}

TEST(MapJson, HasTheReason) {
  const auto json = nlohmann::json::parse(map_json(question(), refused(Refusal::NotMapped)));

  EXPECT_TRUE(json.at("user").is_null());
  EXPECT_TRUE(json.at("uid").is_null());
  EXPECT_EQ(json.at("reason"), "user-not-mapped");
  EXPECT_EQ(json.at("detail"), "no source knows it");
}

TEST(MapJson, KeepsNamesAsTheyAre) {
  const bus::Tested tested{{}, bus::MappedUser{"j\xc3\xb6rg", 1000, 2, {}}};

  const auto text = map_json(question(), tested);

  EXPECT_EQ(nlohmann::json::parse(text).at("user"), "j\xc3\xb6rg");
  EXPECT_TRUE(std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; }));
}

TEST(MapFailure, SaysWhatToDo) {
  const auto says = [](const std::string& name, const std::string& what) {
    const auto text = map_failure({name, "told"});
    return text.find(what) != std::string::npos ? "" : text;
  };
  const std::string dbus = "org.freedesktop.DBus.Error.";

  EXPECT_EQ(says(dbus + "AccessDenied", "only root and the user that ktlsd runs as may ask"), "");
  EXPECT_EQ(says(dbus + "ServiceUnknown", "systemctl status ktls-mapd"), "");
  EXPECT_EQ(says(dbus + "Spawn.ChildExited", "systemctl status ktls-mapd"), "");
  EXPECT_EQ(says("org.freedesktop.systemd1.NoSuchUnit", "systemctl status ktls-mapd"), "");
  EXPECT_EQ(says(bus::no_reply_name, "journalctl -u ktls-mapd"), "");
  EXPECT_EQ(says(dbus + "UnknownMethod", "of the same version"), "");
  EXPECT_EQ(says(bus::garbage_name, "of the same version"), "");
  EXPECT_EQ(says("org.ktlsctl.Mapper1.Error.Busy", "busy: told"), "");
  EXPECT_EQ(says("org.ktlsctl.Mapper1.Error.CertificateInvalid", "certificate-invalid: told"), "");
  EXPECT_EQ(says("org.example.Odd", "told (org.example.Odd)"), "");
}

} // namespace
} // namespace ktls::command
