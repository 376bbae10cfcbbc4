// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_log.hpp"

#include <gtest/gtest.h>

#include <map>

#include "broker/fake_mapper.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;
using Fields = std::map<std::string_view, std::string>;

Session closing() {
  SessionTerms terms;
  terms.rule = "web";
  terms.profile = "staff";
  terms.uid = 1000;
  Session session;
  session.cookie = 42;
  session.addresses.local = IpAddress::parse("192.0.2.1")->with_port(443);
  session.addresses.remote = IpAddress::parse("192.0.2.9")->with_port(50000);
  session.terms = std::make_shared<const SessionTerms>(terms);
  session.pid = 17;
  session.began = std::chrono::system_clock::time_point(1000s);
  return session;
}

Fields fields(const EndedSession& ended) {
  const auto all = fields_of(ended);
  return {all.begin(), all.end()};
}

TEST(SessionLog, TellsNoAgeOfOneThatWasOnlyFound) {
  auto session = closing();
  session.began = {};
  session.foreign = session.recovered = true;
  session.terms = std::make_shared<const SessionTerms>();
  const EndedSession ended{session, SessionEnd::Closed, session.began + 61s};

  EXPECT_EQ(line_of(ended), "uid 0 192.0.2.1:443 - 192.0.2.9:50000: the session has ended: closed");
  EXPECT_FALSE(fields(ended).contains("KTLS_AGE_SEC"));
}

TEST(SessionLog, TellsHowASessionEnded) {
  const auto session = closing();

  EXPECT_EQ(line_of({session, SessionEnd::Terminated, session.began + 61s}),
            "pid 17 uid 1000 192.0.2.1:443 - 192.0.2.9:50000: the session has ended: terminated "
            "after 61 s, rule \"web\"");
}

TEST(SessionLog, NamesTheKernelsConsumer) {
  auto session = closing();
  auto terms = *session.terms;
  terms.consumer = "kernel server";
  session.terms = std::make_shared<const SessionTerms>(terms);

  EXPECT_EQ(line_of({session, SessionEnd::Closed, session.began}).substr(0, 14), "kernel server ");
}

TEST(SessionLog, HasFields) {
  auto session = closing();
  session.peer = std::make_shared<const Peer>(Peer{"CN=alice", "CN=ca", {}});
  session.user = std::make_shared<const MappedUser>(test::alice());

  const auto got = fields({session, SessionEnd::Revoked, session.began + 1500ms});

  EXPECT_EQ(got.at("MESSAGE_ID").size(), 32U);
  EXPECT_EQ(got.at("KTLS_SESSION"), "42");
  EXPECT_EQ(got.at("KTLS_END"), "revoked");
  EXPECT_EQ(got.at("KTLS_AGE_SEC"), "1");
  EXPECT_EQ(got.at("KTLS_RULE"), "web");
  EXPECT_EQ(got.at("KTLS_PROFILE"), "staff");
  EXPECT_EQ(got.at("KTLS_PEER_SUBJECT"), "CN=alice");
  EXPECT_EQ(got.at("KTLS_USER"), "alice");
  EXPECT_EQ(got.at("KTLS_UID"), "1000");
}

TEST(SessionLog, TellsOfWhoWasRefusedAtEachLevel) {
  const auto session = closing();
  EXPECT_EQ(level_of({session, SessionEnd::Closed, {}}), policy::LogLevel::Info);
  EXPECT_EQ(level_of({session, SessionEnd::Terminated, {}}), policy::LogLevel::Warning);
  EXPECT_EQ(level_of({session, SessionEnd::Revoked, {}}), policy::LogLevel::Error);
}

TEST(SessionLog, TellsOfOneWhoseKeysWereLoggedAtEachLevel) {
  auto session = closing();
  auto terms = *session.terms;
  terms.key_logged = true;
  session.terms = std::make_shared<const SessionTerms>(terms);
  const EndedSession ended{session, SessionEnd::Closed, session.began};

  EXPECT_EQ(level_of(ended), policy::LogLevel::Error);
  EXPECT_TRUE(line_of(ended).ends_with(", rule \"web\", KEYS LOGGED")) << line_of(ended);
  EXPECT_EQ(fields(ended).at("KTLS_KEY_LOGGED"), "yes");
}

TEST(SessionLog, HasNoAgeBelowZero) {
  const auto session = closing();

  EXPECT_EQ(fields({session, SessionEnd::Closed, session.began - 5s}).at("KTLS_AGE_SEC"), "0");
}

} // namespace
} // namespace ktls
