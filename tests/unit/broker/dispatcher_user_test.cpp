// SPDX-License-Identifier: GPL-2.0-or-later
// Handshakes in which it is asked whose the peer's certificate is.
#include <gtest/gtest.h>

#include <map>

#include "broker/dispatcher.hpp"
#include "broker/dispatcher_case.hpp"
#include "broker/fake_mapper.hpp"
#include "broker/message_ids.hpp"

namespace ktls {
namespace {

using test::alice;
using test::DispatcherTest;
using test::is_shut_down;
using test::not_mapped;

constexpr const char* user_policy = R"(
[agent]
handshake_timeout = 600
[credential.host]
certificate = "/host.pem"
private_key = "/host.key"
[profile.safcheck]
handshake_role = "server-with-client-auth"
client_auth_type = "safcheck"
credentials = "host"
truststore = "/ca.pem"
revoked_sessions = "end"
[profile.required]
inherits = "safcheck"
client_auth_type = "required"
[profile.reporting]
inherits = "required"
map_user = true
[profile.passthru]
handshake_role = "server-with-client-auth"
client_auth_type = "passthru"
credentials = "host"
[[rule]]
name = "named"
priority = 9
local_port = 1
server_name = "alice.example.org"
profile = "safcheck"
)";

class DispatcherUserTest : public DispatcherTest {
protected:
  void go_by(const std::string& profile) {
    const test::ServedByName served{{"safcheck", {1, std::nullopt, nullptr}},
                                    {"required", {2, std::nullopt, nullptr}},
                                    {"reporting", {3, std::nullopt, nullptr}},
                                    {"passthru", {4, std::nullopt, nullptr}}};
    const auto rule = "[[rule]]\nname = \"rest\"\nprofile = \"" + profile + "\"\n";
    asking.serve(test::TestGeneration::make(user_policy + rule, served, workers), ample);
    workers.on_lost = [this](Workers::Index worker) {
      asking.on_lost({&workers, worker}, Workers::Loss::Failed);
    };
  }
  std::uint64_t begin(bool wants_user = false) {
    auto asked = request(RequestedRole::Server);
    asked.wants_user = wants_user;
    const auto id = asking.submit(std::move(asked));
    EXPECT_EQ(workers.started.size(), 1U);
    return id;
  }
  void tell_certificate(std::uint64_t id) {
    auto message = wire::make<ipc::PeerCertificate>();
    message.id = id;
    message.size = 1;
    message.der[0] = 0x30;
    asking.on_certificate({&workers, 0}, message);
  }
  void ask_user(std::uint64_t id) {
    auto message = wire::make<ipc::UserRequest>();
    message.id = id;
    message.anchor_spki[0] = 7;
    message.server_name.assign_cut("A.example.org");
    message.subject.assign_cut("CN=alice\nMESSAGE=forged,O=Example");
    message.issuer.assign_cut("CN=Example CA");
    asking.on_user_request({&workers, 0}, message);
  }
  std::uint64_t begin_and_ask(bool wants_user = false) {
    const auto id = begin(wants_user);
    tell_certificate(id);
    ask_user(id);
    EXPECT_EQ(mapper.asked.size(), 1U);
    return id;
  }
  // The same question: of the same end.
  void begin_and_ask_again() {
    const auto id = asking.submit(request_for(sockets.back().ours.get(), RequestedRole::Server));
    tell_certificate(id);
    ask_user(id);
  }
  void finish(std::uint64_t id, Reason reason = Reason::Success) {
    auto message = finished(id, reason);
    message.authenticated = 1;
    message.server_name.assign_cut("A.example.org");
    message.peer_subject.assign_cut("CN=alice");
    asking.on_finished({&workers, 0}, message);
  }
  void expect_told(Reason reason) {
    ASSERT_EQ(workers.users.size(), 1U);
    EXPECT_TRUE(workers.users[0].valid());
    EXPECT_EQ(workers.users[0].reason, static_cast<std::uint16_t>(reason));
  }
  void expect_replaced() {
    EXPECT_EQ(workers.replaced, std::vector<Workers::Index>{0});
    EXPECT_EQ(only_reason(), Reason::WorkerDied);
  }

  test::FakeMapper mapper;
  Authoriser authoriser{loop, mapper};
  using Record = std::map<std::string, std::string>;
  std::vector<Record> records;
  std::vector<std::string> lines;
  Dispatcher asking{loop, ample, local_time, &authoriser,
                    [this](log::Level level, std::string_view line, auto fields) {
                      if (fields[0].second != message_id::user_mapped)
                        return;
                      lines.emplace_back(line);
                      records.emplace_back(fields.begin(), fields.end());
                      records.back()["PRIORITY"] = std::to_string(static_cast<int>(level));
                    }};
};

TEST_F(DispatcherUserTest, TellsWhoItIs) {
  go_by("safcheck");
  const auto id = begin_and_ask();
  EXPECT_EQ(workers.started[0].request.asks_user, 1U);
  const auto& question = mapper.asked[0].question;
  EXPECT_EQ(question.chain, std::vector<ipc::Der>{{std::byte{0x30}}});
  EXPECT_EQ(question.anchor_spki[0], 7);
  EXPECT_EQ(question.rule, "rest");
  EXPECT_EQ(question.profile, "safcheck");
  EXPECT_EQ(question.local_address, "127.0.0.1");
  EXPECT_NE(question.local_port, 0);
  EXPECT_EQ(question.server_name, "a.example.org");
  EXPECT_TRUE(workers.users.empty());

  mapper.answer(0, alice());
  expect_told(Reason::Success);
  finish(id);

  ASSERT_EQ(only_reason(), Reason::Success);
  EXPECT_EQ(outcomes[0].user, alice());
  EXPECT_TRUE(outcomes[0].certificates.empty()) << "nobody asked for them";
}

TEST_F(DispatcherUserTest, TellsOfTheSessionWithWhatTheMapperWasAsked) {
  std::vector<Session> sessions;
  asking.on_secured([&](Session session, const tls::TrafficSecrets&, int socket) {
    EXPECT_GE(socket, 0);
    sessions.push_back(std::move(session));
    return std::nullopt;
  });
  go_by("safcheck");
  const auto id = begin_and_ask();
  mapper.answer(0, alice());
  EXPECT_TRUE(sessions.empty());
  finish(id);

  ASSERT_EQ(sessions.size(), 1U);
  ASSERT_TRUE(sessions[0].user);
  EXPECT_EQ(*sessions[0].user, alice());
  EXPECT_EQ(sessions[0].terms->profile, "safcheck");
  EXPECT_EQ(sessions[0].terms->rule, "rest");
  EXPECT_EQ(sessions[0].terms->generation, 1U);
  EXPECT_EQ(sessions[0].terms->when_revoked, policy::RevokedSessions::End);
  EXPECT_NE(port_of(sessions[0].addresses.remote), 0);
  const auto question = question_about(sessions[0]);
  EXPECT_EQ(question.chain, mapper.asked[0].question.chain);
  EXPECT_EQ(question.anchor_spki, mapper.asked[0].question.anchor_spki);
  EXPECT_EQ(question.rule, mapper.asked[0].question.rule);
  EXPECT_EQ(question.profile, mapper.asked[0].question.profile);
  EXPECT_EQ(question.local_address, mapper.asked[0].question.local_address);
  EXPECT_EQ(question.local_port, mapper.asked[0].question.local_port);
  EXPECT_EQ(question.server_name, mapper.asked[0].question.server_name);
}

TEST_F(DispatcherUserTest, TellsOfNoSessionThatDidNotComeUp) {
  bool told = false;
  asking.on_secured([&](const Session&, const tls::TrafficSecrets&, int) {
    told = true;
    return std::nullopt;
  });
  go_by("safcheck");
  const auto id = begin_and_ask();
  mapper.answer(0, not_mapped(Reason::UserNotMapped));
  finish(id, Reason::UserNotMapped);

  EXPECT_EQ(only_reason(), Reason::UserNotMapped);
  EXPECT_FALSE(told);
}

TEST_F(DispatcherUserTest, RefusesWhoIsNobody) {
  go_by("safcheck");
  const auto id = begin_and_ask();

  mapper.answer(0, not_mapped(Reason::UserNotMapped));
  expect_told(Reason::UserNotMapped);
  finish(id, Reason::UserNotMapped);

  EXPECT_EQ(only_reason(), Reason::UserNotMapped);
  EXPECT_EQ(outcomes[0].detail, "because");
  EXPECT_EQ(outcomes[0].peer_subject, "CN=alice");
  EXPECT_EQ(outcomes[0].rule, "rest");
  EXPECT_FALSE(outcomes[0].user);
  EXPECT_TRUE(is_shut_down(sockets.back()));
}

// A worker that was taken over cannot let anybody in.
TEST_F(DispatcherUserTest, BelievesNoWorkerThatGoesOnWithoutAnAnswer) {
  go_by("safcheck");
  finish(begin());

  expect_replaced();
}

TEST_F(DispatcherUserTest, BelievesNoWorkerThatGoesOnInSpiteOfTheAnswer) {
  go_by("safcheck");
  const auto id = begin_and_ask();
  mapper.answer(0, not_mapped(Reason::UserNotMapped));

  finish(id);

  expect_replaced();
}

TEST_F(DispatcherUserTest, AnswersAWorkerOnce) {
  go_by("safcheck");
  const auto id = begin_and_ask();

  ask_user(id);

  expect_replaced();
}

TEST_F(DispatcherUserTest, WantsACertificateBeforeTheQuestion) {
  go_by("safcheck");

  ask_user(begin());

  expect_replaced();
}

TEST_F(DispatcherUserTest, RefusesAQuestionThatThePolicyDoesNotHave) {
  for (const auto* profile : {"required", "passthru"}) {
    go_by(profile);
    workers.replaced.clear();
    workers.started.clear();
    outcomes.clear();
    const auto id = begin(profile == std::string("passthru"));
    EXPECT_EQ(workers.started[0].request.asks_user, 0U);
    ask_user(id);
    expect_replaced();
  }
}

TEST_F(DispatcherUserTest, OnlyReportsWhereNobodyIsDemanded) {
  for (const auto& answer : {MappingAnswer(alice()), not_mapped(Reason::MapperUnavailable)}) {
    for (const bool by_profile : {true, false}) {
      go_by(by_profile ? "reporting" : "required");
      workers.users.clear();
      workers.started.clear();
      mapper.asked.clear();
      outcomes.clear();
      authoriser.forget();
      const auto id = begin_and_ask(!by_profile);

      mapper.answer(0, answer);
      expect_told(Reason::Success);
      finish(id);

      ASSERT_EQ(only_reason(), Reason::Success);
      EXPECT_EQ(outcomes[0].user.has_value(), answer.has_value());
    }
  }
}

TEST_F(DispatcherUserTest, NeedsNoAnswerForWhatHasEnded) {
  go_by("safcheck");
  const auto id = begin_and_ask();
  finish(id, Reason::PeerClosed);

  mapper.answer(0, alice());

  EXPECT_EQ(only_reason(), Reason::PeerClosed);
  EXPECT_TRUE(workers.users.empty());
  EXPECT_TRUE(records.empty());
}

TEST_F(DispatcherUserTest, GivesTheMapperTheTimeThatIsLeft) {
  go_by("safcheck");
  auto asked = request(RequestedRole::Server);
  asked.timeout = std::chrono::milliseconds(1);
  const auto id = asking.submit(std::move(asked));
  tell_certificate(id);
  ask_user(id);

  pump.until([&] { return !workers.users.empty(); });

  expect_told(Reason::MappingTimeout);
}

TEST_F(DispatcherUserTest, KnowsNobodyWithoutAMapper) {
  Dispatcher alone{loop, ample};
  const test::ServedByName served{{"safcheck", {1, std::nullopt, nullptr}},
                                  {"required", {2, std::nullopt, nullptr}},
                                  {"reporting", {3, std::nullopt, nullptr}},
                                  {"passthru", {4, std::nullopt, nullptr}}};
  alone.serve(test::TestGeneration::make(std::string(user_policy) +
                                             "[[rule]]\nname = \"a\"\nprofile = \"safcheck\"\n",
                                         served, workers),
              ample);
  const auto id = alone.submit(request(RequestedRole::Server));
  auto certificate = wire::make<ipc::PeerCertificate>();
  certificate.id = id;
  certificate.size = 1;
  alone.on_certificate({&workers, 0}, certificate);
  auto message = wire::make<ipc::UserRequest>();
  message.id = id;

  alone.on_user_request({&workers, 0}, message);

  expect_told(Reason::MapperUnavailable);
  alone.on_finished({&workers, 0}, finished(id, Reason::MapperUnavailable));
}

TEST_F(DispatcherUserTest, RecordsWhoItIs) {
  go_by("safcheck");
  begin_and_ask();
  EXPECT_TRUE(records.empty());

  mapper.answer(0, alice());

  ASSERT_EQ(records.size(), 1U);
  auto& record = records[0];
  EXPECT_EQ(record["MESSAGE_ID"].size(), 32U);
  EXPECT_EQ(record["PRIORITY"], "6");
  EXPECT_EQ(record["KTLS_MAP_OUTCOME"], "mapped");
  EXPECT_EQ(record["KTLS_REASON"], "success");
  EXPECT_EQ(record["KTLS_USER"], "alice");
  EXPECT_EQ(record["KTLS_UID"], "1000");
  EXPECT_EQ(record["KTLS_MAP_SOURCE"], "pin");
  EXPECT_EQ(record["KTLS_MAP_RULE"], "pins:1");
  EXPECT_EQ(record["KTLS_MAP_STRENGTH"], "strong");
  EXPECT_EQ(record["KTLS_RULE"], "rest");
  EXPECT_EQ(record["KTLS_PROFILE"], "safcheck");
  EXPECT_EQ(record["KTLS_PEER_ADDRESS"], "127.0.0.1");
  EXPECT_EQ(record["KTLS_PEER_SUBJECT"], "CN=alice\\x0aMESSAGE=forged,O=Example");
  EXPECT_EQ(record["KTLS_PEER_ISSUER"], "CN=Example CA");
  // printf 0 | sha256sum
  EXPECT_EQ(record["KTLS_PEER_SHA256"],
            "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9");
}

TEST_F(DispatcherUserTest, RecordsWhatItRemembers) {
  go_by("safcheck");
  begin_and_ask();
  mapper.answer(0, alice());

  begin_and_ask_again();

  EXPECT_EQ(mapper.asked.size(), 1U);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1], records[0]);
}

TEST_F(DispatcherUserTest, RecordsRefusals) {
  go_by("safcheck");
  begin_and_ask();

  mapper.answer(0, not_mapped(Reason::UserNotMapped));

  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0]["PRIORITY"], "4");
  EXPECT_EQ(records[0]["KTLS_MAP_OUTCOME"], "refused");
  EXPECT_EQ(records[0]["KTLS_REASON"], "user-not-mapped");
  EXPECT_EQ(records[0]["KTLS_DETAIL"], "because");
  EXPECT_EQ(records[0].count("KTLS_USER"), 0U);
  EXPECT_NE(lines[0].find("is refused: user-not-mapped (because), rule \"rest\""),
            std::string::npos)
      << lines[0];
}

TEST_F(DispatcherUserTest, RecordsWhomTheProfileDoesNotLetIn) {
  go_by("safcheck");
  begin_and_ask();
  auto weak = alice();
  weak.strength = policy::MappingStrength::Weak;

  mapper.answer(0, weak);

  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0]["KTLS_MAP_OUTCOME"], "refused");
  EXPECT_EQ(records[0]["KTLS_REASON"], "weak-mapping");
  EXPECT_EQ(records[0]["KTLS_USER"], "alice");
  EXPECT_EQ(records[0]["KTLS_MAP_STRENGTH"], "weak");
}

TEST_F(DispatcherUserTest, RecordsNobodysAsThatWhereNobodyIsDemanded) {
  go_by("reporting");
  begin_and_ask();

  mapper.answer(0, not_mapped(Reason::UserNotMapped));

  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0]["PRIORITY"], "6");
  EXPECT_EQ(records[0]["KTLS_MAP_OUTCOME"], "nobody");
}

TEST_F(DispatcherUserTest, RecordsFewOfAFloodOfRefusals) {
  go_by("safcheck");
  begin_and_ask();
  mapper.answer(0, not_mapped(Reason::UserNotMapped));
  constexpr std::size_t flood = 3 * LineLimit::most;

  for (std::size_t i = 1; i < flood; ++i)
    begin_and_ask_again();

  EXPECT_EQ(workers.users.size(), flood);
  EXPECT_LT(records.size(), flood);
}

} // namespace
} // namespace ktls
