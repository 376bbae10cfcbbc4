// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that are about the policy, and what an application is told of it.
#include "broker/application_intake.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "broker/application_intake_case.hpp"

namespace ktls {
namespace {

using test::Application;
using test::ApplicationIntakeTest;
using test::good_request;

class ReloadRequestTest : public ApplicationIntakeTest {
protected:
  Application asking_for_reload() {
    Application application(path);
    application.ask(wire::make<wire::ReloadRequest>(), -1);
    pump.until_idle();
    return application;
  }
  // All that it is told, to the end.
  struct Told {
    std::vector<std::string> problems;
    std::optional<wire::ReloadReply> reply;
  };
  Told read_all(Application& application) {
    Told told;
    // each packet takes one of the two
    while (!told.reply) {
      const auto received = application.receive();
      const auto* packet = std::get_if<ipc::Packet>(&received);
      if (packet == nullptr) {
        EXPECT_FALSE(std::holds_alternative<ipc::Closed>(received)) << "no reply came";
        if (!pump.once())
          break;
        continue;
      }
      wire::ReloadProblem problem{};
      wire::ReloadReply reply{};
      if (wire::decode(packet->data.data(), packet->data.size(), problem))
        told.problems.emplace_back(problem.text.view());
      else if (wire::decode(packet->data.data(), packet->data.size(), reply))
        told.reply = reply;
    }
    return told;
  }
};

TEST_F(ReloadRequestTest, IsPassedOn) {
  open();

  auto application = asking_for_reload();

  EXPECT_EQ(reloads, 1);
  EXPECT_TRUE(requests.empty());
  EXPECT_TRUE(application.has_nothing()) << "it is under way";
}

TEST_F(ReloadRequestTest, IsAnsweredWithTheNumberOfThePolicy) {
  open();
  auto application = asking_for_reload();

  reload(17, {});

  const auto reply = application.next<wire::ReloadReply>();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->generation, 17U);
  EXPECT_EQ(reply->problems, 0U);
  EXPECT_TRUE(application.is_closed());
}

TEST_F(ReloadRequestTest, IsAnsweredWithWhatIsWrong) {
  open();
  auto application = asking_for_reload();

  reload(16, {"a.toml:1: what", "b.toml:2: \x1b[2J"});

  const auto told = read_all(application);
  EXPECT_EQ(told.problems, (std::vector<std::string>{"a.toml:1: what", "b.toml:2: \\x1b[2J"}));
  ASSERT_TRUE(told.reply);
  EXPECT_EQ(told.reply->generation, 16U);
  EXPECT_EQ(told.reply->problems, 2U);
  EXPECT_TRUE(application.is_closed());
}

TEST_F(ReloadRequestTest, CutsWhatIsTooLong) {
  open();
  auto application = asking_for_reload();

  reload(16, {std::string(5000, 'x')});

  const auto told = read_all(application);
  ASSERT_EQ(told.problems.size(), 1U);
  EXPECT_EQ(told.problems[0], std::string(1020, 'x') + "...");
}

// More than the kernel holds for who reads late.
TEST_F(ReloadRequestTest, IsToldManyProblemsAndHowManyThereWere) {
  open();
  auto application = asking_for_reload();
  std::vector<std::string> problems(1000);
  for (std::size_t i = 0; i < problems.size(); ++i)
    problems[i] = fmt::format("a.toml:{}: wrong", i);

  reload(16, problems);

  const auto told = read_all(application);
  problems.resize(wire::max_problems);
  EXPECT_EQ(told.problems, problems);
  ASSERT_TRUE(told.reply);
  EXPECT_EQ(told.reply->problems, 1000U);
  pump.until_idle();
  EXPECT_TRUE(application.is_closed());
}

TEST_F(ReloadRequestTest, RefusesASecondMessage) {
  open();
  auto application = asking_for_reload();
  application.ask(wire::make<wire::ReloadRequest>(), -1);

  pump.until_idle();

  EXPECT_EQ(application.answer().reason.view(), "malformed-request");
  EXPECT_EQ(reloads, 1);
  reload(17, {}); // nobody is left to be told
}

TEST_F(ReloadRequestTest, RefusesAHandshakeBehindIt) {
  open();
  auto application = asking_for_reload();
  application.ask(good_request(), socket.ours.get());

  pump.until_idle();

  EXPECT_EQ(application.answer().reason.view(), "malformed-request");
  EXPECT_TRUE(requests.empty());
  EXPECT_TRUE(cancelled.empty());
}

TEST_F(ReloadRequestTest, IsRefusedBehindAHandshake) {
  open();
  auto application = asking();
  application.ask(wire::make<wire::ReloadRequest>(), -1);

  pump.until_idle();

  EXPECT_EQ(application.answer().reason.view(), "malformed-request");
  EXPECT_EQ(reloads, 0);
  EXPECT_EQ(cancelled, std::vector<std::uint64_t>{1});
}

TEST_F(ReloadRequestTest, IsRefusedWithADescriptor) {
  open();
  Application application(path);
  application.ask(wire::make<wire::ReloadRequest>(), socket.ours.get());
  const auto before = test::count_descriptors();

  pump.until_idle();

  EXPECT_EQ(application.answer().reason.view(), "malformed-request");
  EXPECT_EQ(reloads, 0);
  EXPECT_EQ(test::count_descriptors(), before) << "nothing of it stays";
}

TEST_F(ReloadRequestTest, IsRefusedWhenMalformed) {
  open();
  auto other = wire::make<wire::ReloadRequest>();
  other.header.version = 2;
  Application application(path);
  application.ask(other, -1);

  pump.until_idle();

  EXPECT_EQ(application.answer().reason.view(), "malformed-request");
  EXPECT_EQ(reloads, 0);
}

TEST_F(ReloadRequestTest, MayBeLeftAlone) {
  open();
  auto application = asking_for_reload();
  application.vanish();
  pump.until_idle();

  reload(17, {"a problem"});

  pump.until_idle();
  EXPECT_TRUE(cancelled.empty());
}

TEST_F(ApplicationIntakeTest, LeavesTheRoleToThePolicy) {
  open();
  auto with_name = good_request();
  with_name.role = wire::Role::Policy;
  auto without = with_name;
  without.peer_name = {};

  const auto first = asking(with_name);
  const auto second = asking(without);

  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].role, RequestedRole::ByPolicy);
  EXPECT_EQ(requests[0].peer_name, "server.test");
  EXPECT_EQ(requests[1].role, RequestedRole::ByPolicy);
  EXPECT_EQ(requests[1].peer_name, "");
}

TEST_F(ApplicationIntakeTest, TellsRuleAndProfile) {
  open();
  auto first = asking();
  auto second = asking();
  Outcome secured;
  secured.reason = Reason::Success;
  secured.rule = "the rule";
  secured.profile = "the-profile";
  auto refused = failure(Reason::PolicyDenied);
  refused.rule = "another rule";

  requests.at(0).complete(secured, -1);
  requests.at(1).complete(refused, -1);

  const auto of_first = first.answer();
  EXPECT_EQ(of_first.rule.view(), "the rule");
  EXPECT_EQ(of_first.profile.view(), "the-profile");
  const auto of_second = second.answer();
  EXPECT_EQ(of_second.reason.view(), "policy-denied");
  EXPECT_EQ(of_second.error, static_cast<std::uint32_t>(EACCES));
  EXPECT_EQ(of_second.rule.view(), "another rule");
  EXPECT_EQ(of_second.profile.view(), "");
}

TEST_F(ApplicationIntakeTest, TellsThatAConnectionGoesInClear) {
  open();
  auto application = asking();

  requests.at(0).complete(failure(Reason::PolicyClear), -1);

  const auto reply = application.answer();
  EXPECT_EQ(reply.reason.view(), "policy-clear");
  EXPECT_EQ(reply.error, static_cast<std::uint32_t>(EOPNOTSUPP));
}

TEST_F(ApplicationIntakeTest, FindsOutWhatThePolicyAsksFor) {
  open();
  const auto first = asking();
  asked_facts.groups = true;
  const auto second = asking();

  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].who.origin, policy::Origin::Application);
  EXPECT_TRUE(requests[0].who.groups.empty());
  EXPECT_FALSE(requests[1].who.groups.empty());
}

TEST_F(ApplicationIntakeTest, TakesNewLimitsUp) {
  open();
  auto changed = limits;
  changed.handshake_timeout = std::chrono::seconds(1);
  changed.connections_per_uid = 1;
  const auto first = asking();

  intake->set_limits(changed);

  auto second = asking();
  EXPECT_EQ(requests.size(), 1U);
  EXPECT_EQ(second.reply_after_reset().reason.view(), "busy");
  changed.connections_per_uid = 10;
  intake->set_limits(changed);
  const auto third = asking();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].timeout, std::chrono::seconds(1));
}

// Those in the backlog had to wait.
TEST_F(ApplicationIntakeTest, TakesConnectionsInThatMoreAreAllowedFor) {
  limits.connections = 1;
  open();
  const auto first = asking();
  const auto waiting = asking();
  EXPECT_EQ(requests.size(), 1U);

  limits.connections = 2;
  intake->set_limits(limits);
  pump.until_idle();

  EXPECT_EQ(requests.size(), 2U);
}

TEST_F(ApplicationIntakeTest, PassesOnThatUsersAreToBeAskedForAgain) {
  open();
  Application application(path);
  application.ask(wire::make<wire::RevalidateRequest>(), -1);
  pump.until_idle();
  ASSERT_EQ(revalidations.size(), 1U);
  EXPECT_TRUE(application.has_nothing()) << "it is under way";

  revalidations[0]({9, 4, 2, 1, 3});

  const auto reply = application.next<wire::RevalidateReply>();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->judged, 9U);
  EXPECT_EQ(reply->revoked, 4U);
  EXPECT_EQ(reply->ended, 2U);
  EXPECT_EQ(reply->not_ended, 1U);
  EXPECT_EQ(reply->not_answered, 3U);
  EXPECT_TRUE(application.is_closed());
}

TEST_F(ApplicationIntakeTest, TellsNobodyOfARevalidationWhoIsGone) {
  open();
  {
    Application application(path);
    application.ask(wire::make<wire::RevalidateRequest>(), -1);
    pump.until_idle();
  }
  pump.until_idle();
  ASSERT_EQ(revalidations.size(), 1U);

  revalidations[0]({});
}

} // namespace
} // namespace ktls
