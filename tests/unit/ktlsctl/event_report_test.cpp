// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/event_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "ktlsctl/session_samples.hpp"

namespace ktls::command {
namespace {

// Without the time, which is that of this host's time zone.
std::string line_of_event(const bus::AgentEvent& event) {
  return event_line(event, test::noon(), Palette()).substr(std::string("12:00:00 ").size());
}

bus::FailedHandshake failed_handshake() {
  bus::FailedHandshake failed;
  failed.reason = "certificate-expired";
  failed.text = "the certificate expired on 2026-01-01";
  failed.role = "server";
  failed.local = "192.0.2.1:443";
  failed.remote = "198.51.100.7:50123";
  failed.rule = "web";
  failed.peer = "CN=alice";
  return failed;
}

TEST(EventLine, TellsOfASessionThatIsThere) {
  EXPECT_EQ(line_of_event(bus::OpenedEvent{test::details()}),
            "opened 4711 server-with-client-auth 192.0.2.1:443 - 198.51.100.7:50123 TLSv1.3 "
            "TLS_AES_128_GCM_SHA256 peer \"CN=alice,O=Example\" user alice rule web\n");
  bus::SessionDetails psk;
  psk.row.id = 7;
  psk.psk_identity = "nfs";
  EXPECT_EQ(line_of_event(bus::OpenedEvent{psk}), "opened 7 peer \"psk:nfs\"\n");
}

TEST(EventLine, TellsWhyASessionEnded) {
  EXPECT_EQ(line_of_event(bus::EndedEvent{4711, "revoked"}), "ended 4711 revoked\n");
}

TEST(EventLine, TellsWhyAHandshakeFailed) {
  EXPECT_EQ(line_of_event(failed_handshake()),
            "failed certificate-expired server 192.0.2.1:443 - 198.51.100.7:50123 peer "
            "\"CN=alice\" rule web: the certificate expired on 2026-01-01\n");
  bus::FailedHandshake hardly_known;
  hardly_known.reason = "timeout";
  hardly_known.text = "too slow";
  EXPECT_EQ(line_of_event(hardly_known), "failed timeout: too slow\n");
}

TEST(EventLine, TellsOfTheRest) {
  EXPECT_EQ(line_of_event(bus::PolicyEvent{5}), "policy 5 is in force\n");
  EXPECT_EQ(line_of_event(bus::DroppedEvent{1}),
            "dropped 1 event: there were more at once than ktlsd passes on\n");
}

TEST(EventLine, PrintsNothingThatActsOnATerminal) {
  auto failed = failed_handshake();
  for (auto* text : {&failed.reason, &failed.text, &failed.origin, &failed.role, &failed.local,
                     &failed.remote, &failed.rule, &failed.profile, &failed.peer, &failed.user})
    *text = test::hostile;
  for (const bus::AgentEvent& event :
       {bus::AgentEvent(failed), bus::AgentEvent(bus::OpenedEvent{test::hostile_details()}),
        bus::AgentEvent(bus::EndedEvent{1, test::hostile})}) {
    EXPECT_TRUE(test::is_harmless(line_of_event(event)));
    EXPECT_EQ(json_line(event_json(event, test::noon())).find('\x1b'), std::string::npos);
  }
}

TEST(EventJson, IsOneLine) {
  const auto line = json_line(event_json(failed_handshake(), test::noon()));

  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  EXPECT_EQ(line.substr(0, 63),
            R"({"event":"handshake-failed","time":"2026-11-27T12:00:00Z","reas)");
}

} // namespace
} // namespace ktls::command
