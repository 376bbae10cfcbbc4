// SPDX-License-Identifier: GPL-2.0-or-later
// Handshakes whose profile the name decides that a client asks for.
#include "broker/dispatcher.hpp"

#include <gtest/gtest.h>

#include "broker/dispatcher_case.hpp"

namespace ktls {
namespace {

using test::DispatcherTest;
using test::is_shut_down;

constexpr std::uint32_t first_profile = 20;
constexpr std::uint32_t second_profile = 30;
constexpr std::uint32_t in_kernel = 1; // behind that for applications

constexpr const char* server_name_policy = R"(
[agent]
handshake_timeout = 600
first_byte_timeout = 240
[credential.host]
certificate = "/host.pem"
private_key = "/host.key"
[profile.first]
handshake_role = "server"
credentials = "host"
[profile.second]
inherits = "first"
tags = ["second"]
[profile.client]
handshake_role = "client"
server_verification = "none"
[profile.psk]
handshake_role = "server"
psk_file = "/psk"
[[rule]]
name = "first"
priority = 9
server_name = "one.example.org"
profile = "first"
[[rule]]
name = "second"
priority = 8
server_name = ["two.example.org", "*.two.example.org"]
profile = "second"
[[rule]]
name = "denied"
priority = 7
server_name = "no.example.org"
action = "deny"
[[rule]]
name = "clear"
priority = 6
server_name = "clear.example.org"
action = "clear"
[[rule]]
name = "wrong"
priority = 5
server_name = "client.example.org"
profile = "client"
)";
const std::string fallback = "[[rule]]\nname = \"nameless\"\nprofile = \"second\"\n";

class DispatcherServerNameTest : public DispatcherTest {
protected:
  DispatcherServerNameTest() { go_by(server_name_policy); }
  void go_by(const std::string& policy) {
    const test::ServedByName served{
        {"first", {first_profile, first_profile + in_kernel, nullptr}},
        {"second", {second_profile, second_profile + in_kernel, nullptr}},
        {"client", {40, 41, nullptr}},
        {"psk", {50, std::nullopt, nullptr}}};
    dispatcher.serve(test::TestGeneration::make(policy, served, workers), ample);
  }
  static ipc::ServerName name(std::uint64_t id, const std::string& text) {
    auto message = wire::make<ipc::ServerName>();
    message.id = id;
    EXPECT_TRUE(message.name.assign(text));
    return message;
  }
  void tell(std::uint64_t id, const std::string& text) {
    dispatcher.on_server_name({&workers, 0}, name(id, text));
  }
  std::uint64_t begin() { return dispatcher.submit(request(RequestedRole::Server)); }
  void expect_replaced(Workers::Index worker) {
    EXPECT_EQ(workers.replaced, std::vector<Workers::Index>{worker});
  }
  void expect_chosen(std::uint64_t id, std::uint32_t profile) {
    ASSERT_EQ(workers.chosen.size(), 1U);
    EXPECT_EQ(workers.chosen[0].id, id);
    EXPECT_EQ(workers.chosen[0].profile, profile);
    EXPECT_EQ(workers.chosen[0].reason, static_cast<std::uint16_t>(Reason::Success));
    EXPECT_TRUE(workers.chosen[0].valid());
  }
  void expect_refused(std::uint64_t id, Reason reason) {
    ASSERT_EQ(workers.chosen.size(), 1U);
    EXPECT_EQ(workers.chosen[0].id, id);
    EXPECT_EQ(workers.chosen[0].reason, static_cast<std::uint16_t>(reason));
    EXPECT_TRUE(workers.chosen[0].valid());
  }
};

TEST_F(DispatcherServerNameTest, HasTheWorkerLookForTheName) {
  auto asked = request(RequestedRole::Server);
  asked.anonymous = true;

  const auto id = dispatcher.submit(std::move(asked));

  ASSERT_EQ(workers.started.size(), 1U);
  const auto& message = workers.started[0].request;
  EXPECT_TRUE(message.valid());
  EXPECT_EQ(message.id, id);
  EXPECT_EQ(message.name_decides, 1U);
  EXPECT_EQ(message.profile, 0U);
  EXPECT_EQ(message.anonymous, 0U);
  EXPECT_EQ(message.peer_name.view(), "");
  EXPECT_EQ(message.first_byte_ms, 240'000U) << "the agent's own";
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(DispatcherServerNameTest, KeepsToTheTimeLimitOfTheProfileThatWasChosen) {
  std::string text = server_name_policy;
  const std::string second = "inherits = \"first\"\n";
  text.insert(text.find(second) + second.size(), "handshake_timeout = 5\n");
  go_by(text);
  const auto id = begin();
  EXPECT_EQ(workers.started[0].request.timeout_ms, 600'000U) << "the agent's own";

  tell(id, "two.example.org");

  expect_chosen(id, second_profile);
  EXPECT_LE(workers.chosen[0].timeout_ms, 5000U);
  EXPECT_GT(workers.chosen[0].timeout_ms, 0U);
}

TEST_F(DispatcherServerNameTest, ChoosesTheProfileOfTheName) {
  const auto id = begin();
  tell(id, "deeper.two.example.org");

  expect_chosen(id, second_profile);
  auto message = finished(id);
  message.authenticated = 1;
  message.peer_subject.assign_cut("CN=alice");
  dispatcher.on_finished({&workers, 0}, message);
  EXPECT_EQ(only_reason(), Reason::Success);
  EXPECT_EQ(outcomes[0].rule, "second");
  EXPECT_EQ(outcomes[0].profile, "second");
  EXPECT_EQ(outcomes[0].tags, std::vector<std::string>{"second"});
}

TEST_F(DispatcherServerNameTest, ChoosesAnotherForAnother) {
  const auto id = begin();
  tell(id, "one.example.org");

  expect_chosen(id, first_profile);
}

TEST_F(DispatcherServerNameTest, ChoosesWhatTheKernelCanUse) {
  auto asked = request(RequestedRole::Server);
  asked.who.origin = policy::Origin::Kernel;
  const auto id = dispatcher.submit(std::move(asked));
  tell(id, "one.example.org");

  expect_chosen(id, first_profile + in_kernel);
}

TEST_F(DispatcherServerNameTest, LooksForTheNameWhereTheRoleIsLeftToThePolicy) {
  const auto id = dispatcher.submit(request(RequestedRole::ByPolicy));
  EXPECT_EQ(workers.started.at(0).request.name_decides, 1U);
  tell(id, "one.example.org");

  expect_chosen(id, first_profile);
}

TEST_F(DispatcherServerNameTest, ChoosesForAClientThatNamesNobody) {
  go_by(server_name_policy + fallback);
  const auto id = begin();
  tell(id, "");

  expect_chosen(id, second_profile);
}

// A worker that was taken over may say anything.
TEST_F(DispatcherServerNameTest, TakesWhatIsNoNameForNone) {
  go_by(server_name_policy + fallback);
  const auto id = begin();
  tell(id, "one.example.org\n");

  expect_chosen(id, second_profile);
}

TEST_F(DispatcherServerNameTest, LooksForNoNameThatDecidesNothing) {
  go_by("[credential.host]\ncertificate = \"/c\"\nprivate_key = \"/k\"\n"
        "[profile.first]\nhandshake_role = \"server\"\ncredentials = \"host\"\n" +
        std::string("[[rule]]\nname = \"all\"\nprofile = \"first\"\n"));

  (void)begin();

  EXPECT_EQ(workers.started.at(0).request.name_decides, 0U);
  EXPECT_EQ(workers.started[0].request.profile, first_profile);
}

TEST_F(DispatcherServerNameTest, LooksForNoNameOfAServer) {
  auto client = request(RequestedRole::Client);
  client.peer_name = "client.example.org";

  (void)dispatcher.submit(std::move(client));

  EXPECT_EQ(workers.started.at(0).request.name_decides, 0U);
  EXPECT_EQ(workers.started[0].request.profile, 40U);
}

TEST_F(DispatcherServerNameTest, RefusesWhatTheRuleOfTheNameDenies) {
  const auto id = begin();
  tell(id, "no.example.org");

  expect_refused(id, Reason::PolicyDenied);
  EXPECT_TRUE(outcomes.empty()) << "the worker tells the peer, and ends it";
  dispatcher.on_finished({&workers, 0}, finished(id, Reason::PolicyDenied));
  EXPECT_EQ(only_reason(), Reason::PolicyDenied);
  EXPECT_EQ(outcomes[0].rule, "denied");
  EXPECT_EQ(outcomes[0].profile, "");
  EXPECT_TRUE(is_shut_down(sockets[0]));
  EXPECT_TRUE(workers.replaced.empty());
}

TEST_F(DispatcherServerNameTest, RefusesANameWithoutARule) {
  const auto id = begin();
  tell(id, "else.example.org");

  expect_refused(id, Reason::NoPolicy);
}

// The peer has begun TLS already: the socket is not as it was, which policy-clear would promise.
TEST_F(DispatcherServerNameTest, DoesNotGoOnInClear) {
  const auto id = begin();
  tell(id, "clear.example.org");

  expect_refused(id, Reason::PolicyMismatch);
  dispatcher.on_finished({&workers, 0}, finished(id, Reason::PolicyMismatch));
  EXPECT_EQ(only_reason(), Reason::PolicyMismatch);
  EXPECT_EQ(outcomes[0].rule, "clear");
  EXPECT_TRUE(is_shut_down(sockets[0]));
}

TEST_F(DispatcherServerNameTest, RefusesAProfileOfTheOtherRole) {
  const auto id = dispatcher.submit(request(RequestedRole::ByPolicy));
  tell(id, "client.example.org");

  expect_refused(id, Reason::PolicyMismatch);
  dispatcher.on_finished({&workers, 0}, finished(id, Reason::PolicyMismatch));
  EXPECT_EQ(only_reason(), Reason::PolicyMismatch);
  EXPECT_EQ(outcomes[0].rule, "wrong");
  EXPECT_NE(outcomes[0].detail.find("handshake_role"), std::string::npos);
}

TEST_F(DispatcherServerNameTest, MayFailBeforeTheNameIsKnown) {
  const auto id = begin();

  dispatcher.on_finished({&workers, 0}, finished(id, Reason::FirstByteTimeout));

  EXPECT_EQ(only_reason(), Reason::FirstByteTimeout);
  EXPECT_EQ(outcomes[0].rule, "");
  EXPECT_TRUE(workers.replaced.empty());
}

TEST_F(DispatcherServerNameTest, ReplacesAWorkerThatSucceedsWithoutAProfile) {
  const auto id = begin();

  dispatcher.on_finished({&workers, 0}, finished(id));

  expect_replaced(0);
  EXPECT_EQ(only_reason(), Reason::WorkerDied);
  EXPECT_TRUE(is_shut_down(sockets[0]));
}

TEST_F(DispatcherServerNameTest, ReplacesAWorkerThatSucceedsInSpiteOfARefusal) {
  const auto id = begin();
  tell(id, "no.example.org");

  dispatcher.on_finished({&workers, 0}, finished(id));

  expect_replaced(0);
  EXPECT_EQ(only_reason(), Reason::WorkerDied);
}

TEST_F(DispatcherServerNameTest, ReplacesAWorkerThatMakesUpHandshakes) {
  const auto id = begin();

  tell(id + 1, "one.example.org");

  expect_replaced(0);
  EXPECT_TRUE(workers.chosen.empty());
}

TEST_F(DispatcherServerNameTest, ReplacesAWorkerThatAsksForThoseOfAnother) {
  const auto id = begin();

  dispatcher.on_server_name({&workers, 1}, name(id, "one.example.org"));

  expect_replaced(1);
  EXPECT_TRUE(workers.chosen.empty());
  EXPECT_EQ(dispatcher.in_flight(), 1U);
}

TEST_F(DispatcherServerNameTest, ReplacesAWorkerThatAsksForWhatWaits) {
  workers.next = std::nullopt;
  const auto id = begin();

  tell(id, "one.example.org");

  expect_replaced(0);
  EXPECT_EQ(dispatcher.in_flight(), 1U);
}

TEST_F(DispatcherServerNameTest, ReplacesAWorkerThatAsksTwice) {
  const auto id = begin();
  tell(id, "one.example.org");

  tell(id, "two.example.org");

  expect_replaced(0);
  EXPECT_EQ(workers.chosen.size(), 1U);
  EXPECT_EQ(only_reason(), Reason::WorkerDied);
}

// It would try names until one is served.
TEST_F(DispatcherServerNameTest, ReplacesAWorkerThatAsksAgainBehindARefusal) {
  const auto id = begin();
  tell(id, "no.example.org");

  tell(id, "one.example.org");

  expect_replaced(0);
  EXPECT_EQ(workers.chosen.size(), 1U);
  EXPECT_EQ(only_reason(), Reason::WorkerDied);
}

TEST_F(DispatcherServerNameTest, ReplacesAWorkerThatAsksWhereNoNameDecides) {
  auto client = request(RequestedRole::Client);
  client.peer_name = "client.example.org";
  const auto id = dispatcher.submit(std::move(client));

  tell(id, "one.example.org");

  expect_replaced(0);
}

TEST_F(DispatcherServerNameTest, ReplacesAWorkerThatWantsAKeyBeforeItHasAProfile) {
  const auto id = begin();
  auto message = wire::make<ipc::PskRequest>();
  message.id = id;
  message.identity.assign_cut("somebody");

  dispatcher.on_psk_request({&workers, 0}, message);

  expect_replaced(0);
  EXPECT_TRUE(workers.given.empty());
}

TEST_F(DispatcherServerNameTest, DecidesByThePolicyThatItBeganWith) {
  const auto id = begin();
  test::FakeWorkers newer;
  dispatcher.serve(
      test::TestGeneration::make("[[rule]]\nname = \"all\"\naction = \"deny\"\n", {}, newer, 2),
      ample);

  tell(id, "one.example.org");

  expect_chosen(id, first_profile);
  dispatcher.end_all(Reason::AgentStopping);
}

} // namespace
} // namespace ktls
