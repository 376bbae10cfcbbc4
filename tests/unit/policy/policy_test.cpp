// SPDX-License-Identifier: GPL-2.0-or-later
// What a policy decides.
#include "policy/policy.hpp"

#include "parsing.hpp"

namespace ktls::policy {
namespace {

using test::named;
using test::read;
using test::to_port;

constexpr const char* example = R"([credential.host]
certificate = "/etc/ktlsd/host.pem"
private_key = "/etc/ktlsd/host.key"
[profile.base]
handshake_role = "server-with-client-auth"
credentials = "host"
truststore = "/etc/ktlsd/ca.pem"
[profile.nfs-server]
inherits = "base"
client_auth_type = "full"
[[rule]]
name = "nfs"
origin = "kernel"
direction = "inbound"
local_port = 2049
profile = "nfs-server"
)";

// Of the rule, or "default".
std::string name_of(const Decision& decision) {
  return decision.rule == nullptr ? "default" : decision.rule->name;
}

TEST(Policy, IsEmptyWithoutFiles) {
  const auto policy = parse_policy({}, {});

  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->profiles().empty());
  EXPECT_TRUE(policy->rules().empty());
  EXPECT_EQ(policy->default_action(), Action::Deny);
  EXPECT_EQ(policy->agent().socket, "/run/ktlsd/agent.sock");
  EXPECT_EQ(policy->decide({}, {}).action, Action::Deny);
}

TEST(Policy, TakesTheRuleWhoseConditionsAreMet) {
  const auto policy = read(example);
  Facts facts;
  facts.origin = Origin::Kernel;
  facts.direction = Direction::Inbound;
  facts.local_port = 2049;

  const auto decision = policy.decide(facts, {});

  EXPECT_EQ(decision.action, Action::Profile);
  EXPECT_EQ(name_of(decision), "nfs");
  EXPECT_EQ(decision.rule->where, "f:11");
  ASSERT_EQ(decision.profile->name, "nfs-server");
  EXPECT_EQ(decision.profile->role, ipc::HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(decision.profile->client_auth_type, ipc::ClientAuthType::Full);
  EXPECT_EQ(decision.profile->truststore.at(0).path, "/etc/ktlsd/ca.pem");
  EXPECT_EQ(decision.profile->truststore.at(0).where, "f:7");
  EXPECT_EQ(policy.credentials().at(decision.profile->credentials.at(0)).name, "host");
  EXPECT_FALSE(decision.needs_server_name);
  facts.local_port = 80;
  EXPECT_EQ(name_of(policy.decide(facts, {})), "default");
}

TEST(Policy, DeniesUnlessToldOtherwise) {
  EXPECT_EQ(read("").decide({}, {}).action, Action::Deny);
  EXPECT_EQ(read("[agent]\ndefault_action = \"clear\"").decide({}, {}).action, Action::Clear);
}

TEST(Policy, AsksRulesByPriorityAndThenInTheOrderOfFilesAndLines) {
  const auto policy =
      test::parse({{"a", named("one", "action = \"deny\"") + named("two", "action = \"clear\"")},
                   {"b", named("three", "action = \"deny\"\npriority = 2")},
                   {"c", named("four", "action = \"deny\"")}});

  ASSERT_TRUE(policy);
  std::vector<std::string> names;
  for (const auto& rule : policy->rules())
    names.push_back(rule.name);
  EXPECT_EQ(names, (test::Lines{"three", "one", "two", "four"}));
  EXPECT_EQ(name_of(policy->decide({}, {})), "three");
}

TEST(Policy, PassesOverRulesThatAreNotInTime) {
  const auto policy = read(named("work", "action = \"clear\"\ntime = \"mon-fri 08:00-18:00\"") +
                           named("else", "action = \"deny\""));
  constexpr unsigned noon = 720;

  EXPECT_EQ(name_of(policy.decide({}, {4, noon})), "work");
  EXPECT_EQ(name_of(policy.decide({}, {5, noon})), "else");
  EXPECT_EQ(name_of(policy.decide({}, {4, 0})), "else");
}

constexpr const char* by_name = R"([[rule]]
name = "other-port"
server_name = "a.example.org"
remote_port = 1
action = "clear"
[[rule]]
name = "a"
server_name = "a.example.org"
action = "clear"
[[rule]]
name = "any"
action = "deny"
[[rule]]
name = "late"
server_name = "b.example.org"
action = "clear"
)";

TEST(ServerName, HasToBeKnownWhereARuleAsksForIt) {
  const auto policy = read(by_name);

  const auto coming = policy.decide(to_port(2), {}, true);
  EXPECT_TRUE(coming.needs_server_name);
  EXPECT_EQ(name_of(coming), "any") << "what holds without a name";
  EXPECT_EQ(coming.action, Action::Deny);

  auto known = to_port(2);
  EXPECT_EQ(name_of(policy.decide(known, {})), "any");
  EXPECT_FALSE(policy.decide(known, {}).needs_server_name);
  known.server_name = "a.example.org";
  EXPECT_EQ(name_of(policy.decide(known, {})), "a");
  known.server_name = "b.example.org";
  EXPECT_EQ(name_of(policy.decide(known, {})), "any");
}

TEST(ServerName, IsNotWaitedForBehindARuleThatApplies) {
  const auto policy = read(named("any", "action = \"deny\"") +
                           named("a", "server_name = \"a.example.org\"\naction = \"clear\""));

  EXPECT_FALSE(policy.decide({}, {}, true).needs_server_name);
}

TEST(ServerName, IsNotWaitedForWhereOtherConditionsAreNotMet) {
  const auto policy =
      read(named("a", "server_name = \"a.b\"\nremote_port = 1\naction = \"clear\"") +
           named("b", "server_name = \"a.b\"\ntime = \"sun\"\naction = \"clear\""));

  EXPECT_FALSE(policy.decide(to_port(2), {}, true).needs_server_name);
  EXPECT_TRUE(policy.decide(to_port(1), {}, true).needs_server_name);
  EXPECT_TRUE(policy.decide(to_port(2), {6, 0}, true).needs_server_name);
}

TEST(Explanation, EndsWithTheRuleThatIsTaken) {
  const auto policy =
      read(named("port", "remote_port = 1\naction = \"deny\"") +
           named("time", "time = \"sun\"\naction = \"deny\"") +
           named("this", "action = \"clear\"") + named("late", "action = \"deny\""));

  const auto steps = policy.explain(to_port(2), {0, 0});

  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].rule->name, "port");
  EXPECT_EQ(steps[0].unmet, "remote_port");
  EXPECT_EQ(steps[1].unmet, "time");
  EXPECT_EQ(steps[2].rule->name, "this");
  EXPECT_EQ(steps[2].unmet, std::nullopt);
}

TEST(Explanation, HasAllRulesWhereNoneIsTaken) {
  const auto steps = read(named("port", "remote_port = 1\naction = \"deny\"")).explain({}, {});

  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].unmet, "remote_port");
}

TEST(AskedFacts, AreThoseOfSomeRuleOrProfile) {
  const auto none = read(named("r", "remote_port = 1\naction = \"deny\"")).asked_facts();
  EXPECT_FALSE(none.direction || none.groups || none.unit || none.executable ||
               none.network_namespace || none.time);

  const auto all =
      read(named("r", "direction = \"inbound\"\ngroup = 1\nunit = \"a*\"\nexecutable = \"/x\"\n"
                      "network_namespace = \"own\"\ntime = \"sun\"\naction = \"deny\""))
          .asked_facts();
  EXPECT_TRUE(all.direction && all.groups && all.unit && all.executable && all.network_namespace &&
              all.time);

  const auto profile =
      read(test::client("allowed_groups = \"staff\"\nallowed_units = \"a*\"")).asked_facts();
  EXPECT_TRUE(profile.groups && profile.unit);
  EXPECT_FALSE(profile.executable);
}

Facts of(std::optional<uid_t> uid, std::vector<gid_t> groups, std::string unit) {
  Facts facts;
  facts.uid = uid;
  facts.groups = std::move(groups);
  facts.unit = std::move(unit);
  return facts;
}

TEST(Permission, IsForAllUnlessSomeAreNamed) {
  EXPECT_TRUE(ProfileSettings().may_be_used_by({}));
}

TEST(Permission, IsForWhoeverIsNamedInAnyWay) {
  const auto profile =
      test::profile_of(test::client("allowed_users = [\"alice\", 7]\nallowed_groups = \"staff\"\n"
                                    "allowed_units = [\"a.service\", \"web@*\"]"));

  EXPECT_TRUE(profile.may_be_used_by(of(1000, {}, "")));
  EXPECT_TRUE(profile.may_be_used_by(of(7, {}, "")));
  EXPECT_TRUE(profile.may_be_used_by(of(8, {1, 50}, "")));
  EXPECT_TRUE(profile.may_be_used_by(of(8, {}, "a.service")));
  EXPECT_TRUE(profile.may_be_used_by(of(8, {}, "web@1.service")));
  EXPECT_FALSE(profile.may_be_used_by(of(8, {51}, "aa.service")));
  EXPECT_FALSE(profile.may_be_used_by(of(std::nullopt, {}, "")));
  EXPECT_FALSE(profile.may_be_used_by(of(8, {}, "a.service2")));
}

TEST(Permission, IsNotForAUnitThatIsNotKnown) {
  const auto profile = test::profile_of(test::client("allowed_units = \"*\""));

  EXPECT_TRUE(profile.may_be_used_by(of(8, {}, "x.service")));
  EXPECT_FALSE(profile.may_be_used_by(of(8, {}, "")));
}

TEST(Permission, IsNotNeededByServicesInTheKernel) {
  const auto profile = test::profile_of(test::client("allowed_users = 1"));
  Facts facts;
  facts.origin = Origin::Kernel;

  EXPECT_TRUE(profile.may_be_used_by(facts));
}

} // namespace
} // namespace ktls::policy
