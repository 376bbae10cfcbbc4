// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/policy_question.hpp"

#include <gtest/gtest.h>

#include "broker/test_generation.hpp"

namespace ktls {
namespace {

bus::PolicyQuestion full_question() {
  bus::PolicyQuestion question;
  question.origin = "kernel";
  question.direction = "inbound";
  question.role = "server";
  question.local = "192.0.2.1";
  question.local_port = 443;
  question.remote = "2001:db8::7";
  question.remote_port = 50000;
  question.uid = 1000;
  question.gid = 100;
  question.groups = {4, 5};
  question.unit = "web.service";
  question.executable = "/usr/bin/web";
  question.server_name = "A.Example.org";
  question.network_namespace = "/run/netns/x";
  return question;
}

TEST(PolicyQuestion, HasAllFacts) {
  const auto facts = facts_of(full_question());

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->origin, policy::Origin::Kernel);
  EXPECT_EQ(facts->direction, policy::Direction::Inbound);
  EXPECT_EQ(facts->role, policy::AskedRole::Server);
  EXPECT_EQ(facts->local_address, IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(facts->remote_address, IpAddress::parse("2001:db8::7"));
  EXPECT_EQ(facts->local_port, 443);
  EXPECT_EQ(facts->remote_port, 50000);
  EXPECT_EQ(facts->uid, 1000U);
  EXPECT_EQ(facts->groups, (std::vector<gid_t>{4, 5, 100}));
  EXPECT_EQ(facts->unit, "web.service");
  EXPECT_EQ(facts->executable, "/usr/bin/web");
  EXPECT_EQ(facts->server_name, "a.example.org");
  EXPECT_EQ(facts->network_namespace, "/run/netns/x");
}

TEST(PolicyQuestion, LeavesOpenWhatItDoesNotSay) {
  const auto facts = facts_of({});

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->origin, policy::Origin::Application);
  EXPECT_FALSE(facts->direction);
  EXPECT_FALSE(facts->role);
  EXPECT_FALSE(facts->uid);
  EXPECT_EQ(facts->network_namespace, policy::own_network_namespace);
}

TEST(PolicyQuestion, NamesWhatIsWrong) {
  using Text = std::optional<std::string> bus::PolicyQuestion::*;
  for (const auto& [key, text] :
       {std::pair<std::string, Text>("Origin", &bus::PolicyQuestion::origin),
        {"Direction", &bus::PolicyQuestion::direction},
        {"Role", &bus::PolicyQuestion::role},
        {"Local", &bus::PolicyQuestion::local},
        {"Remote", &bus::PolicyQuestion::remote},
        {"ServerName", &bus::PolicyQuestion::server_name}}) {
    auto question = full_question();
    question.*text = "a\nb";

    const auto facts = facts_of(question);

    ASSERT_FALSE(facts) << key;
    EXPECT_EQ(facts.error().refusal, bus::AgentRefusal::InvalidFilter);
    EXPECT_EQ(facts.error().text.substr(0, key.size() + 11), key + ": \"a\\x0ab\" ");
  }
}

TEST(PolicyQuestion, IsAnsweredAsThePolicyIs) {
  const auto policy = test::policy_of(R"(
[profile.client]
handshake_role = "client"
truststore = "/ca.pem"
[[rule]]
name = "db"
remote_port = 5432
profile = "client"
[[rule]]
name = "old"
remote_port = 80
action = "clear"
)");
  bus::PolicyQuestion question;

  question.remote_port = 5432;
  const auto secured = answer_to(question, policy, {});
  question.remote_port = 80;
  const auto clear = answer_to(question, policy, {});
  question.remote_port = 81;
  const auto denied = answer_to(question, policy, {});
  question.role = "both";
  const auto wrong = answer_to(question, policy, {});

  ASSERT_TRUE(secured);
  EXPECT_EQ(secured->action, "profile");
  EXPECT_EQ(secured->rule, "db");
  EXPECT_EQ(secured->profile, "client");
  EXPECT_NE(secured->explanation.find("db"), std::string::npos);
  ASSERT_TRUE(clear);
  EXPECT_EQ(clear->action, "clear");
  EXPECT_EQ(clear->rule, "old");
  ASSERT_TRUE(denied);
  EXPECT_EQ(denied->action, "deny");
  EXPECT_EQ(denied->rule, "");
  EXPECT_FALSE(wrong);
}

} // namespace
} // namespace ktls
