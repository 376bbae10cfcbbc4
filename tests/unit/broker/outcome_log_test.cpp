// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/outcome_log.hpp"

#include <gtest/gtest.h>

#include <map>

#include "broker/fake_mapper.hpp"
#include "broker/message_ids.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;

class OutcomeLogTest : public testing::Test {
protected:
  OutcomeLogTest() {
    request.who.uid = 1000;
    request.who.unit = "web.service";
    request.who.local_address = IpAddress::parse("192.0.2.1");
    request.who.local_port = 443;
    request.who.remote_address = IpAddress::parse("192.0.2.9");
    request.who.remote_port = 50000;
    request.pid = 17;
    outcome.reason = Reason::Success;
    outcome.protocol = "TLS 1.3";
    outcome.cipher = "TLS_AES_128_GCM_SHA256";
    outcome.group = "x25519";
    outcome.peer_subject = "CN=alice";
    outcome.peer_issuer = "CN=ca";
    outcome.authenticated = true;
    outcome.rule = "web";
    outcome.profile = "staff";
  }
  [[nodiscard]] HandshakeReport report() const {
    return {request, description, outcome, ipc::HandshakeRole::ServerWithClientAuth,
            1500us,  42,          wanted};
  }
  void write() { log.write(report()); }

  EventLoop loop = EventLoop::create().value();
  HandshakeRequest request;
  Outcome outcome;
  std::string description = "test";
  policy::LogLevel wanted = policy::LogLevel::Info;
  struct Record {
    log::Level level;
    std::string line;
    std::map<std::string, std::string> fields;
  };
  std::vector<Record> records;
  OutcomeLog log{loop, [this](log::Level level, std::string_view line, auto fields) {
                   records.push_back({level, std::string(line), {}});
                   for (const auto& [name, value] : fields)
                     records.back().fields.emplace(name, value);
                 }};
};

TEST_F(OutcomeLogTest, TellsWhatWasSecured) {
  outcome.user = test::alice();

  write();

  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].level, log::Level::Info);
  EXPECT_EQ(records[0].line, "test: secured with TLS 1.3 TLS_AES_128_GCM_SHA256 x25519, peer "
                             "\"CN=alice\", user \"alice\" by pin pins:1, rule \"web\"");
  auto& fields = records[0].fields;
  EXPECT_EQ(fields["MESSAGE_ID"], message_id::secured);
  EXPECT_EQ(fields["KTLS_REASON"], "success");
  EXPECT_EQ(fields["KTLS_SESSION"], "42");
  EXPECT_EQ(fields["KTLS_ROLE"], "server-with-client-auth");
  EXPECT_EQ(fields["KTLS_LOCAL_ADDRESS"], "192.0.2.1");
  EXPECT_EQ(fields["KTLS_LOCAL_PORT"], "443");
  EXPECT_EQ(fields["KTLS_PEER_ADDRESS"], "192.0.2.9");
  EXPECT_EQ(fields["KTLS_PEER_PORT"], "50000");
  EXPECT_EQ(fields["KTLS_PEER_ISSUER"], "CN=ca");
  EXPECT_EQ(fields["KTLS_ORIGIN"], "application");
  EXPECT_EQ(fields["KTLS_OWNER_PID"], "17");
  EXPECT_EQ(fields["KTLS_OWNER_UID"], "1000");
  EXPECT_EQ(fields["KTLS_OWNER_UNIT"], "web.service");
  EXPECT_EQ(fields["KTLS_USER"], "alice");
  EXPECT_EQ(fields["KTLS_DURATION_USEC"], "1500");
}

TEST_F(OutcomeLogTest, TellsWhyNot) {
  outcome.reason = Reason::CertificateExpired;
  outcome.detail = "yesterday";

  write();

  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].level, log::Level::Warning);
  EXPECT_EQ(records[0].fields["MESSAGE_ID"], message_id::failed);
  EXPECT_EQ(records[0].fields["KTLS_REASON"], "certificate-expired");
  EXPECT_EQ(records[0].fields["KTLS_DETAIL"], "yesterday");
}

TEST_F(OutcomeLogTest, TellsOfClearText) {
  outcome.reason = Reason::PolicyClear;

  write();

  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].level, log::Level::Info);
  EXPECT_EQ(records[0].fields["MESSAGE_ID"], message_id::clear);
}

TEST_F(OutcomeLogTest, LeavesOutWhatWasSecuredBelowInfo) {
  for (const auto below : {policy::LogLevel::Error, policy::LogLevel::Warning}) {
    wanted = below;
    write();
  }
  EXPECT_TRUE(records.empty());

  wanted = policy::LogLevel::Debug;
  write();
  EXPECT_EQ(records.size(), 1U);
}

TEST_F(OutcomeLogTest, TellsOfLoggedKeysAtEachLevel) {
  wanted = policy::LogLevel::Error;
  outcome.key_logged = true;

  write();

  ASSERT_EQ(records.size(), 1U);
  EXPECT_TRUE(records[0].line.ends_with(", rule \"web\", KEYS LOGGED")) << records[0].line;
  EXPECT_EQ(records[0].fields["KTLS_KEY_LOGGED"], "yes");
}

TEST_F(OutcomeLogTest, LeavesOutNoFailure) {
  wanted = policy::LogLevel::Error;
  for (std::size_t i = 0; i < reason_count; ++i) {
    outcome.reason = static_cast<Reason>(i);
    if (outcome.reason == Reason::Success)
      continue;
    records.clear();
    write();
    EXPECT_EQ(records.size(), 1U) << facts(outcome.reason).name;
  }
}

TEST_F(OutcomeLogTest, NamesNoOwnerInTheKernel) {
  request.who.origin = policy::Origin::Kernel;

  write();

  EXPECT_EQ(records.at(0).fields["KTLS_ORIGIN"], "kernel");
  EXPECT_FALSE(records[0].fields.contains("KTLS_OWNER_PID"));
}

TEST_F(OutcomeLogTest, IsNotFilledByAFloodOfFailures) {
  outcome.reason = Reason::PeerNotTls;
  for (std::size_t i = 0; i < 10 * LineLimit::most; ++i)
    write();

  EXPECT_LE(records.size(), 2 * LineLimit::most); // a second may have ended meanwhile
}

} // namespace
} // namespace ktls
