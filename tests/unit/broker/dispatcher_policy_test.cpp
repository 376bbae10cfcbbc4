// SPDX-License-Identifier: GPL-2.0-or-later
// What the policy has a dispatcher do.
#include "broker/dispatcher.hpp"

#include <gtest/gtest.h>

#include "broker/dispatcher_case.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;
using policy::Origin;
using test::client_profile;
using test::DispatcherTest;
using test::is_shut_down;
using test::server_profile;

// The profiles that the rules of the tests name.
const std::string profiles = R"(
[profile.client]
handshake_role = "client"
truststore = "/ca.pem"
handshake_timeout = 3
first_byte_timeout = 2
[credential.host]
certificate = "/host.pem"
private_key = "/host.key"
[profile.server]
handshake_role = "server"
credentials = "host"
)";
const std::string agent = "[agent]\nhandshake_timeout = 600\nfirst_byte_timeout = 240\n";

class DispatcherPolicyTest : public DispatcherTest {
protected:
  void go_by(const std::string& rules) { serve(dispatcher, ample, agent + profiles + rules); }
  HandshakeRequest of_kernel(RequestedRole role = RequestedRole::Client) {
    auto out = request(role);
    out.who.origin = Origin::Kernel;
    return out;
  }
  const ipc::StartHandshake& last_started() { return workers.started.back().request; }
};

TEST_F(DispatcherPolicyTest, DeniesWhatARuleDenies) {
  go_by("[[rule]]\nname = \"nobody\"\naction = \"deny\"\n");

  (void)dispatcher.submit(request());

  EXPECT_EQ(only_reason(), Reason::PolicyDenied);
  EXPECT_EQ(outcomes[0].rule, "nobody");
  EXPECT_EQ(outcomes[0].profile, "");
  expect_alert(sockets[0], 49);
  EXPECT_TRUE(is_shut_down(sockets[0]));
  EXPECT_TRUE(workers.started.empty());
  EXPECT_EQ(dispatcher.in_flight(), 0U);
}

TEST_F(DispatcherPolicyTest, LeavesAnApplicationsSocketInClear) {
  go_by("[[rule]]\nname = \"plain\"\naction = \"clear\"\n");

  (void)dispatcher.submit(request());

  EXPECT_EQ(only_reason(), Reason::PolicyClear);
  EXPECT_EQ(outcomes[0].rule, "plain");
  expect_no_alert(sockets[0]);
  EXPECT_FALSE(is_shut_down(sockets[0]));
  char byte = 'x';
  EXPECT_EQ(::recv(sockets[0].peers.get(), &byte, 1, MSG_DONTWAIT), 1) << "of is_shut_down()";
  EXPECT_EQ(::send(sockets[0].peers.get(), &byte, 1, 0), 1);
  EXPECT_EQ(::recv(sockets[0].ours.get(), &byte, 1, 0), 1);
}

// It asked for TLS, and would go on as if it had it.
TEST_F(DispatcherPolicyTest, ShutsTheKernelsSocketDownWhereItIsToBeInClear) {
  go_by("[[rule]]\nname = \"plain\"\naction = \"clear\"\n");

  (void)dispatcher.submit(of_kernel());

  EXPECT_EQ(only_reason(), Reason::PolicyClear);
  EXPECT_EQ(outcomes[0].rule, "plain");
  expect_no_alert(sockets[0]);
  EXPECT_TRUE(is_shut_down(sockets[0]));
}

TEST_F(DispatcherPolicyTest, GoesByTheDefaultActionWithoutARule) {
  serve(dispatcher, ample, agent + "default_action = \"clear\"\n" + profiles);
  (void)dispatcher.submit(request());
  go_by("");
  (void)dispatcher.submit(request());

  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].reason, Reason::PolicyClear);
  EXPECT_EQ(outcomes[0].rule, "");
  EXPECT_FALSE(is_shut_down(sockets[0]));
  EXPECT_EQ(outcomes[1].reason, Reason::NoPolicy);
  expect_alert(sockets[1], 49);
  EXPECT_TRUE(is_shut_down(sockets[1]));
}

TEST_F(DispatcherPolicyTest, NamesRuleAndProfileInEachOutcome) {
  go_by("[[rule]]\nname = \"out\"\nprofile = \"client\"\n");
  workers.next = 5;
  const auto secured = dispatcher.submit(request());
  const auto failed = dispatcher.submit(request());
  dispatcher.on_finished({&workers, 5}, finished(secured));
  dispatcher.on_finished({&workers, 5}, finished(failed, Reason::CertificateExpired));
  (void)dispatcher.submit(request());
  dispatcher.on_lost({&workers, 5}, Workers::Loss::Killed);
  workers.next = std::nullopt;
  dispatcher.cancel(dispatcher.submit(request()));
  (void)dispatcher.submit(request());
  dispatcher.end_all(Reason::AgentStopping);
  (void)dispatcher.submit(request(RequestedRole::Server)); // refused: the profile is no server's

  ASSERT_EQ(outcomes.size(), 6U);
  EXPECT_EQ(outcomes[0].reason, Reason::Success);
  EXPECT_EQ(outcomes[1].reason, Reason::CertificateExpired);
  EXPECT_EQ(outcomes[2].reason, Reason::WorkerDied);
  EXPECT_EQ(outcomes[3].reason, Reason::Cancelled);
  EXPECT_EQ(outcomes[4].reason, Reason::AgentStopping);
  EXPECT_EQ(outcomes[5].reason, Reason::PolicyMismatch);
  for (const auto& outcome : outcomes) {
    EXPECT_EQ(outcome.rule, "out");
    EXPECT_EQ(outcome.profile, "client");
  }
}

TEST_F(DispatcherPolicyTest, KeepsTheTimeLimitsOfTheProfile) {
  go_by("[[rule]]\nname = \"out\"\nprofile = \"client\"\n");

  (void)dispatcher.submit(request());

  EXPECT_LE(last_started().timeout_ms, 3000U);
  EXPECT_GT(last_started().timeout_ms, 2000U);
  EXPECT_EQ(last_started().first_byte_ms, 2000U);
}

TEST_F(DispatcherPolicyTest, KeepsTheSmallerTimeLimitOfARequest) {
  go_by("[[rule]]\nname = \"out\"\nprofile = \"client\"\n");
  auto shorter = request();
  shorter.timeout = 1s;

  (void)dispatcher.submit(std::move(shorter));

  EXPECT_LE(last_started().timeout_ms, 1000U);
}

// It says itself how long it waits.
TEST_F(DispatcherPolicyTest, LeavesTheKernelItsTimeLimit) {
  go_by("[[rule]]\nname = \"out\"\nprofile = \"client\"\n");

  (void)dispatcher.submit(of_kernel());

  EXPECT_GT(last_started().timeout_ms, 500'000U);
}

TEST_F(DispatcherPolicyTest, KnowsWhoAsksAndForWhichConnection) {
  go_by("[[rule]]\nname = \"alice\"\nuser = [1000]\nprofile = \"client\"\n"
        "[[rule]]\nname = \"db\"\nserver_name = \"db.example.org\"\nprofile = \"client\"\n"
        "[[rule]]\nname = \"loop\"\nremote_address = \"127.0.0.1\"\nlocal_address = "
        "\"127.0.0.1\"\nremote_port = \"1-65535\"\nlocal_port = \"1-65535\"\n"
        "role = \"client\"\naction = \"deny\"\n");
  auto alices = request();
  alices.who.uid = 1000;
  auto named = request();
  named.peer_name = "DB.Example.ORG.";
  workers.next = std::nullopt;
  dispatcher.cancel(dispatcher.submit(std::move(alices)));
  dispatcher.cancel(dispatcher.submit(std::move(named)));
  (void)dispatcher.submit(request());

  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(outcomes[0].rule, "alice");
  EXPECT_EQ(outcomes[1].rule, "db");
  EXPECT_EQ(outcomes[2].rule, "loop");
}

TEST_F(DispatcherPolicyTest, LeavesTheRoleToThePolicy) {
  go_by("[[rule]]\nname = \"asked\"\nrole = \"client\"\naction = \"deny\"\n"
        "[[rule]]\nname = \"alice\"\nuser = [1000]\nprofile = \"client\"\n"
        "[[rule]]\nname = \"others\"\nprofile = \"server\"\n");
  auto alices = request(RequestedRole::ByPolicy);
  alices.who.uid = 1000;
  alices.peer_name = "db.example.org";

  (void)dispatcher.submit(std::move(alices));
  (void)dispatcher.submit(request(RequestedRole::ByPolicy));

  ASSERT_EQ(workers.started.size(), 2U);
  EXPECT_EQ(workers.started[0].request.profile, client_profile);
  EXPECT_EQ(workers.started[0].request.peer_name.view(), "db.example.org");
  EXPECT_EQ(workers.started[1].request.profile, server_profile);
}

TEST_F(DispatcherPolicyTest, GoesByTheClock) {
  policy::LocalTime now{0, 600};
  Dispatcher timed(loop, ample, [&] { return now; });
  serve(timed, ample,
        agent + profiles +
            "[[rule]]\nname = \"by-day\"\ntime = \"08:00-18:00\"\nprofile = \"client\"\n"
            "[[rule]]\nname = \"by-night\"\naction = \"deny\"\n");
  (void)timed.submit(request());
  EXPECT_TRUE(outcomes.empty());

  now.minute = 1200;
  (void)timed.submit(request());

  EXPECT_EQ(only_reason(), Reason::PolicyDenied);
  EXPECT_EQ(outcomes[0].rule, "by-night");
  timed.end_all(Reason::AgentStopping);
}

TEST_F(DispatcherPolicyTest, LooksAtNoClockForRulesWithoutATime) {
  int looked = 0;
  Dispatcher timed(loop, ample, [&] {
    ++looked;
    return policy::LocalTime{};
  });
  serve(timed, ample);

  (void)timed.submit(request());

  EXPECT_EQ(looked, 0);
  timed.end_all(Reason::AgentStopping);
}

TEST(LocalTime, IsWithinAWeek) {
  const auto now = local_time();

  EXPECT_LT(now.weekday, 7U);
  EXPECT_LT(now.minute, 24U * 60);
}

// Two policies, each with workers of its own.
class DispatcherGenerationTest : public DispatcherPolicyTest {
protected:
  DispatcherGenerationTest() {
    newer.on_lost = [this](Workers::Index worker) {
      dispatcher.on_lost({&newer, worker}, Workers::Loss::Failed);
    };
  }
  void follow(const std::string& rules, const Dispatcher::Limits& limits = ample) {
    dispatcher.serve(test::TestGeneration::make(agent + profiles + rules, test::served(), newer, 2),
                     limits);
  }
  static constexpr const char* old_rule = "[[rule]]\nname = \"old\"\nprofile = \"client\"\n";
  static constexpr const char* new_rule = "[[rule]]\nname = \"new\"\nprofile = \"client\"\n";
  test::FakeWorkers newer;
};

TEST_F(DispatcherGenerationTest, KeepsWhatHasBegunWithItsWorkers) {
  go_by(old_rule);
  const auto begun = dispatcher.submit(request());
  follow(new_rule);
  const auto next = dispatcher.submit(request());

  EXPECT_EQ(workers.started.size(), 1U);
  ASSERT_EQ(newer.started.size(), 1U);
  EXPECT_EQ(newer.started[0].request.id, next);
  EXPECT_TRUE(outcomes.empty());
  dispatcher.on_finished({&workers, 0}, finished(begun));
  dispatcher.on_finished({&newer, 0}, finished(next));
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].rule, "old");
  EXPECT_EQ(outcomes[1].rule, "new");
}

// Of the same number, and yet another.
TEST_F(DispatcherGenerationTest, TellsTheWorkersOfBothApart) {
  go_by(old_rule);
  const auto begun = dispatcher.submit(request());
  follow(new_rule);
  (void)dispatcher.submit(request());

  dispatcher.on_finished({&newer, 0}, finished(begun));

  EXPECT_EQ(newer.replaced, std::vector<Workers::Index>{0});
  EXPECT_TRUE(workers.replaced.empty());
  EXPECT_EQ(only_reason(), Reason::WorkerDied);
  EXPECT_EQ(outcomes[0].rule, "new");
  EXPECT_EQ(dispatcher.in_flight(), 1U);
}

TEST_F(DispatcherGenerationTest, KeepsWhatWaitsWithItsWorkers) {
  go_by(old_rule);
  workers.next = std::nullopt;
  const auto waiting = dispatcher.submit(request());
  follow(new_rule);

  EXPECT_TRUE(newer.started.empty());
  (void)dispatcher.submit(request());
  EXPECT_EQ(newer.started.size(), 1U) << "what waits for the others does not hold it up";

  workers.next = 0;
  dispatcher.on_available();

  ASSERT_EQ(workers.started.size(), 1U);
  EXPECT_EQ(workers.started[0].request.id, waiting);
}

TEST_F(DispatcherGenerationTest, HoldsAPolicyUntilItsLastHandshakeIsOver) {
  auto older = test::TestGeneration::make(agent + profiles + old_rule, test::served(), workers);
  const std::weak_ptr<const Generation> watched = older;
  dispatcher.serve(std::move(older), ample);
  const auto first = dispatcher.submit(request());
  const auto second = dispatcher.submit(request());

  follow(new_rule);
  EXPECT_FALSE(watched.expired());
  dispatcher.on_finished({&workers, 0}, finished(first));
  EXPECT_FALSE(watched.expired());
  dispatcher.on_finished({&workers, 0}, finished(second));

  EXPECT_TRUE(watched.expired());
}

TEST_F(DispatcherGenerationTest, TakesNewLimitsUpAtOnce) {
  constexpr Dispatcher::Limits one{1, 100, {100, 100}};
  serve(dispatcher, one);
  (void)dispatcher.submit(request());
  (void)dispatcher.submit(request());
  (void)dispatcher.submit(request());
  EXPECT_EQ(workers.started.size(), 1U);

  constexpr Dispatcher::Limits two{2, 0, {100, 100}};
  follow(new_rule, two);

  EXPECT_EQ(workers.started.size(), 2U);
  EXPECT_TRUE(outcomes.empty()) << "what waits already goes on waiting";
  (void)dispatcher.submit(request());
  EXPECT_EQ(only_reason(), Reason::Busy);
  EXPECT_EQ(outcomes[0].detail, "agent.max_queued = 0 behind agent.max_handshakes = 2");
}

TEST_F(DispatcherGenerationTest, TakesNewLimitsOfEachUserUp) {
  go_by(old_rule);
  auto first = request();
  first.who.uid = 1000;
  (void)dispatcher.submit(std::move(first));
  auto second = request();
  second.who.uid = 1000;

  follow(new_rule, {100, 100, {1, 100}});
  (void)dispatcher.submit(std::move(second));

  EXPECT_EQ(only_reason(), Reason::Busy);
  EXPECT_EQ(outcomes[0].detail, "agent.max_handshakes_per_uid = 1 for uid 1000");
}

} // namespace
} // namespace ktls
