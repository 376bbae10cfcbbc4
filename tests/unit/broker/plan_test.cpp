// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/plan.hpp"

#include <gtest/gtest.h>

#include "broker/fake_workers.hpp"
#include "broker/test_generation.hpp"

namespace ktls {
namespace {

using policy::Origin;

constexpr const char* plan_policy = R"(
[profile.client]
handshake_role = "client"
truststore = "/ca.pem"
[profile.named]
inherits = "client"
server_name = "db.example.org"
[profile.chain]
inherits = "client"
server_verification = "chain"
[profile.any]
handshake_role = "client"
server_verification = "none"
[profile.limited]
inherits = "client"
allowed_users = [1000]
[profile.psk]
handshake_role = "client"
psk_file = "/psk"
[profile.keyring]
handshake_role = "client"
psk = "keyring"
[credential.host]
certificate = "/host.pem"
private_key = "/host.key"
[profile.server]
handshake_role = "server"
credentials = "host"
[profile.judging]
handshake_role = "server-with-client-auth"
credentials = "host"
truststore = "/ca.pem"
[[rule]]
name = "the-rule"
action = "deny"
)";

test::ServedByName each_served() {
  test::ServedByName out;
  std::uint32_t index = 10;
  for (const auto* name :
       {"client", "named", "chain", "any", "limited", "psk", "keyring", "server", "judging"}) {
    out[name] = {index, index + 1, nullptr};
    index += 2;
  }
  out["psk"].for_kernel = std::nullopt; // as everything without TLS 1.3
  out["keyring"].for_applications = std::nullopt;
  return out;
}

class PlanFor : public testing::Test {
protected:
  // What the policy decides is up to each test.
  policy::Decision decision(const std::string& profile) {
    policy::Decision out;
    out.action = policy::Action::Profile;
    out.rule = &generation->policy.rules().at(0);
    for (const auto& settings : generation->policy.profiles()) {
      if (settings.name == profile)
        out.profile = &settings;
    }
    EXPECT_NE(out.profile, nullptr) << profile;
    return out;
  }
  tl::expected<Plan, Outcome> plan(const policy::Decision& decided) {
    return plan_for(generation, decided, {facts, {}, role, peer_name, psk});
  }
  tl::expected<Plan, Outcome> plan(const std::string& profile) { return plan(decision(profile)); }
  Outcome refusal(const std::string& profile) {
    const auto planned = plan(profile);
    EXPECT_FALSE(planned) << profile;
    return planned ? Outcome{} : planned.error();
  }
  void expect_mismatch(const std::string& profile, const std::string& detail) {
    const auto refused = refusal(profile);
    EXPECT_EQ(refused.reason, Reason::PolicyMismatch);
    EXPECT_NE(refused.detail.find(detail), std::string::npos) << refused.detail;
    EXPECT_EQ(refused.rule, "the-rule");
    EXPECT_EQ(refused.profile, profile);
  }

  test::FakeWorkers workers;
  std::shared_ptr<const Generation> generation =
      test::TestGeneration::make(plan_policy, each_served(), workers, 7);
  policy::Facts facts;
  RequestedRole role = RequestedRole::Client;
  std::string peer_name = "server.test";
  bool psk = false;
};

TEST_F(PlanFor, HasWhatTheDecisionNames) {
  const auto decided = decision("client");

  const auto planned = plan(decided);

  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->generation, generation);
  EXPECT_EQ(planned->rule, decided.rule);
  EXPECT_EQ(planned->profile, decided.profile);
  EXPECT_EQ(planned->served, &generation->profiles.at(0));
  EXPECT_EQ(planned->index, 10U);
  EXPECT_EQ(planned->peer_name, "server.test");
  EXPECT_TRUE(planned->is_client());
  EXPECT_FALSE(planned->uses_psk());
}

TEST_F(PlanFor, HasTheProfileOfWhoeverAsks) {
  role = RequestedRole::Server;
  peer_name.clear();
  EXPECT_EQ(plan("server")->index, 24U);

  facts.origin = Origin::Kernel;
  EXPECT_EQ(plan("server")->index, 25U);

  facts.origin = Origin::Listener;
  EXPECT_EQ(plan("server")->index, 24U);
}

TEST_F(PlanFor, RefusesWhatIsDenied) {
  policy::Decision decided = decision("client");
  decided.action = policy::Action::Deny;
  decided.profile = nullptr;

  const auto planned = plan(decided);

  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().reason, Reason::PolicyDenied);
  EXPECT_EQ(planned.error().rule, "the-rule");
  EXPECT_EQ(planned.error().profile, "");
}

TEST_F(PlanFor, SaysThatNoRuleApplies) {
  const auto planned = plan(policy::Decision{});

  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().reason, Reason::NoPolicy);
  EXPECT_EQ(planned.error().rule, "");
}

TEST_F(PlanFor, RefusesWhatGoesInClear) {
  policy::Decision decided = decision("client");
  decided.action = policy::Action::Clear;
  decided.profile = nullptr;
  const auto by_rule = plan(decided);
  decided.rule = nullptr;
  const auto by_default = plan(decided);

  ASSERT_FALSE(by_rule);
  ASSERT_FALSE(by_default);
  EXPECT_EQ(by_rule.error().reason, Reason::PolicyClear);
  EXPECT_EQ(by_rule.error().rule, "the-rule");
  EXPECT_EQ(by_default.error().reason, Reason::PolicyClear);
  EXPECT_EQ(by_default.error().rule, "");
}

TEST_F(PlanFor, RefusesTheOtherRole) {
  expect_mismatch("server", "the client role was asked for");
  expect_mismatch("judging", "the client role was asked for");

  role = RequestedRole::Server;
  peer_name.clear();

  expect_mismatch("client", "the server role was asked for");
}

TEST_F(PlanFor, TakesTheRoleOfTheProfileWhereItIsLeftToThePolicy) {
  role = RequestedRole::ByPolicy;

  EXPECT_TRUE(plan("client")->is_client());
  EXPECT_FALSE(plan("server")->is_client());
  EXPECT_FALSE(plan("judging")->is_client());
}

TEST_F(PlanFor, RefusesAKeyringThatNobodyAskedFor) {
  facts.origin = Origin::Kernel;

  expect_mismatch("keyring", "which is for services in the kernel that ask for it");
}

TEST_F(PlanFor, RefusesAnythingElseThanTheKeyringThatWasAskedFor) {
  facts.origin = Origin::Kernel;
  psk = true;

  expect_mismatch("client", "does not have psk = \"keyring\"");
  expect_mismatch("psk", "does not have psk = \"keyring\"");
}

TEST_F(PlanFor, UsesPreSharedKeys) {
  EXPECT_TRUE(plan("psk")->uses_psk());

  facts.origin = Origin::Kernel;
  psk = true;

  EXPECT_TRUE(plan("keyring")->uses_psk());
}

TEST_F(PlanFor, RefusesWhoeverMayNotUseTheProfile) {
  facts.uid = 1001;
  const auto refused = refusal("limited");

  EXPECT_EQ(refused.reason, Reason::NotPermitted);
  EXPECT_EQ(refused.rule, "the-rule");
  EXPECT_EQ(refused.profile, "limited");

  facts.origin = Origin::Listener;
  EXPECT_EQ(refusal("limited").reason, Reason::NotPermitted);
  facts.uid = std::nullopt;
  EXPECT_EQ(refusal("limited").reason, Reason::NotPermitted);
}

TEST_F(PlanFor, TakesWhoeverMayUseTheProfile) {
  facts.uid = 1000;
  EXPECT_TRUE(plan("limited"));

  facts.uid = std::nullopt;
  facts.origin = Origin::Kernel;
  EXPECT_TRUE(plan("limited")) << "a service in the kernel is no application";
}

TEST_F(PlanFor, WantsANameToVerifyBy) {
  peer_name.clear();
  const auto refused = refusal("client");

  EXPECT_EQ(refused.reason, Reason::PeerNameMissing);
  EXPECT_EQ(refused.rule, "the-rule");
  EXPECT_EQ(refused.profile, "client");
  peer_name = "no name";
  EXPECT_EQ(refusal("client").reason, Reason::PeerNameInvalid);
  EXPECT_EQ(refusal("named").reason, Reason::PeerNameInvalid) << "not by another than was asked";
}

TEST_F(PlanFor, TakesAnAddressAsAName) {
  peer_name = "192.0.2.1";

  EXPECT_EQ(plan("client")->peer_name, "192.0.2.1");
}

TEST_F(PlanFor, TakesTheProfilesNameWhereNoneIsAskedFor) {
  EXPECT_EQ(plan("named")->peer_name, "server.test");

  peer_name.clear();

  EXPECT_EQ(plan("named")->peer_name, "db.example.org");
}

// What is no name cannot be asked for either.
TEST_F(PlanFor, NeedsNoNameWithoutOneToVerifyBy) {
  EXPECT_EQ(plan("chain")->peer_name, "server.test");
  EXPECT_EQ(plan("any")->peer_name, "server.test");
  EXPECT_EQ(plan("psk")->peer_name, "server.test");

  for (const auto* unusable : {"", "no name"}) {
    peer_name = unusable;
    EXPECT_EQ(plan("chain").value().peer_name, "");
    EXPECT_EQ(plan("any").value().peer_name, "");
    EXPECT_EQ(plan("psk").value().peer_name, "");
  }
}

TEST_F(PlanFor, HasNoNameAsServer) {
  role = RequestedRole::ByPolicy;

  EXPECT_EQ(plan("server")->peer_name, "");
}

TEST_F(PlanFor, RefusesTheKernelWhatItCannotUse) {
  facts.origin = Origin::Kernel;

  expect_mismatch("psk", "certificates and TLS 1.3");
}

} // namespace
} // namespace ktls
