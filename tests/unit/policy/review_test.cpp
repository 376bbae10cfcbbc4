// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/review.hpp"

#include "parsing.hpp"

namespace ktls::policy {
namespace {

using test::client;
using test::Lines;
using test::named;

// A rule that is no remark of its own.
std::string deny(const std::string& name, const std::string& lines) {
  return named(name, "action = \"deny\"\n" + lines);
}

Lines remarks(const std::string& text) {
  Lines out;
  for (const auto& [kind, line] : review(test::read(text)))
    out.push_back((kind == Remark::Kind::Note ? "note: " : "") + line);
  return out;
}
std::string all(const std::string& text) {
  return fmt::format("{}", fmt::join(remarks(text), "\n"));
}

TEST(Review, HasNothingToSayOfWhatIsWell) {
  EXPECT_EQ(all(""), "");
  EXPECT_EQ(
      all(test::server("") + named("r", "local_port = 1\nprofile = \"s\"") + deny("rest", "")), "");
}

struct Weakness {
  std::string lines;
  std::string remark;
};
class EachWeakness : public testing::TestWithParam<Weakness> {};

TEST_P(EachWeakness, IsRemarked) {
  const auto& [text, remark] = GetParam();
  EXPECT_EQ(all(text), remark);
}

std::string of_client(const std::string& lines) {
  return client(lines) + named("r", "profile = \"c\"");
}
std::string of_server(const std::string& lines) {
  return test::server(lines) + named("r", "profile = \"s\"");
}

const std::string any_pin = "pins = \"" + std::string(64, '0') + "\"\n";

INSTANTIATE_TEST_SUITE_P(
    Review, EachWeakness,
    testing::Values(
        Weakness{"[agent]\ndefault_action = \"clear\"",
                 "f:1: agent.default_action: is \"clear\": what no rule is for goes without TLS"},
        Weakness{test::credential("x"), "f:1: credential.x: no profile names it"},
        Weakness{client(""), "f:1: profile.c: no rule names it"},
        Weakness{of_client("versions = \"1.2\""), "f:1: profile.c.versions: has no TLS 1.3"},
        Weakness{
            of_client("server_verification = \"none\""),
            "f:1: profile.c.server_verification: is \"none\": whoever answers is taken for the "
            "server"},
        Weakness{
            of_client("server_verification = \"chain\""),
            "f:1: profile.c.server_verification: is \"chain\": whoever has a certificate by the "
            "truststore is taken for the server"},
        Weakness{of_client(any_pin + "server_verification = \"none\""), ""},
        Weakness{of_client("min_peer_rsa_bits = 1024"),
                 "f:1: profile.c.min_peer_rsa_bits: 1024 bits can be broken"},
        Weakness{of_client("min_peer_ec_bits = 192"),
                 "f:1: profile.c.min_peer_ec_bits: 192 bits are fewer than today's curves have"},
        Weakness{of_client("crls = \"/crl\"\nrevocation_security_level = \"low\""),
                 "f:1: profile.c.revocation_security_level: is \"low\": without a current list, a "
                 "revoked certificate is taken"},
        Weakness{
            of_server("client_auth_type = \"passthru\""),
            "f:4: profile.s.client_auth_type: is \"passthru\": certificates of clients are not "
            "validated"},
        Weakness{
            test::credential("x") +
                "[profile.s]\nhandshake_role = \"server-with-client-auth\"\ncredentials = \"x\"\n"
                "truststore = [\"/ca\", \"system\"]\n" +
                named("r", "profile = \"s\""),
            "f:4: profile.s.truststore: has \"system\": whoever has a certificate by a public "
            "authority is a client"},
        Weakness{"[profile.c]\nhandshake_role = \"client\"\ntruststore = \"system\"\n" +
                     named("r", "profile = \"c\""),
                 ""},
        Weakness{deny("r", "executable = \"/x\""),
                 "f:1: rule.r.executable: without CAP_SYS_PTRACE the "
                 "agent refuses it: it could not find it out"},
        Weakness{named("r", "action = \"clear\"\nuser = 1"),
                 "f:1: rule.r.action: is \"clear\", for all addresses and ports"},
        Weakness{named("r", "action = \"clear\"\nremote_port = 80"), ""},
        Weakness{client("") + named("r", "profile = \"c\"\nrole = \"server\""),
                 "f:5: rule.r.role: profile c has the other role: each request is refused"},
        Weakness{client("") + named("r", "profile = \"c\"\nrole = \"client\""), ""}));

TEST(UnusedProfile, IsNotOneThatOthersInheritFrom) {
  EXPECT_EQ(all(client("") + "[profile.d]\ninherits = \"c\"\n" + named("r", "profile = \"d\"")),
            "");
}

TEST(ShadowedRule, IsCoveredByOneBeforeIt) {
  EXPECT_EQ(all(deny("any", "") + deny("never", "local_port = 1")),
            "f:5: rule.never: never applies: whatever it is for, rule any (f:1) is for, and comes "
            "before it");
}

struct Cover {
  std::string wide;
  std::string narrow;
};
class EachCover : public testing::TestWithParam<Cover> {};

TEST_P(EachCover, Shadows) {
  const auto& [wide, narrow] = GetParam();
  EXPECT_EQ(remarks(deny("wide", wide) + deny("narrow", narrow)).size(), 1U);
  EXPECT_EQ(remarks(deny("narrow", narrow) + deny("wide", wide)).size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    ShadowedRule, EachCover,
    testing::Values(
        Cover{"origin = [\"kernel\", \"application\", \"listener\"]", "local_port = 1"},
        Cover{"remote_address = \"10.0.0.0/8\"",
              "remote_address = [\"10.1.0.0/16\", \"10.2.3.4\"]"},
        Cover{"local_port = [\"1-5\", \"6-9\"]", "local_port = \"3-8\""},
        Cover{"user = [1, 2, 3]", "user = [1, 3]\ngroup = 1"}, Cover{"group = [1, 2]", "group = 1"},
        Cover{"unit = \"web@*\"", "unit = [\"web@1.service\", \"web@2*\"]"},
        Cover{"server_name = \"*.b\"", "server_name = \"*.a.b\""},
        Cover{"time = [\"mon-fri\", \"sat,sun\"]", "time = \"sun\"\nuser = 1"},
        Cover{"time = [\"mon-sun 20:00-02:00\", \"01:00-08:00\"]", "time = \"tue 22:00-07:00\""},
        Cover{"direction = \"inbound\"", "direction = \"inbound\"\nrole = \"client\""}));

class EachRest : public testing::TestWithParam<Cover> {};

TEST_P(EachRest, IsLeftToTheLaterRule) {
  const auto& [first, second] = GetParam();
  EXPECT_EQ(all(deny("first", first) + deny("second", second)), "");
}

INSTANTIATE_TEST_SUITE_P(
    ShadowedRule, EachRest,
    testing::Values(Cover{"local_port = [\"1-5\", \"7-9\"]", "local_port = \"3-8\""},
                    Cover{"local_port = 1", ""}, Cover{"user = 1", "group = 1"},
                    Cover{"time = \"mon-fri\"", ""}, Cover{"time = \"mon\"", "time = \"mon-tue\""},
                    Cover{"time = \"mon 20:00-02:00\"", "time = \"tue 01:00-03:00\""},
                    Cover{"server_name = \"*.a.b\"", "server_name = \"a.b\""},
                    Cover{"origin = [\"kernel\", \"application\"]", ""},
                    Cover{"unit = \"web*\"", "unit = \"we*\""}));

TEST(OverlappingRules, AreNoted) {
  EXPECT_EQ(all(deny("a", "local_port = \"1-5\"") +
                named("b", "action = \"clear\"\nlocal_port = \"5-9\"")),
            "note: f:5: rule.b: is asked after rule a (f:1), of the same priority, and some "
            "connections are for both");
  EXPECT_EQ(all(deny("a", "local_port = 1\ngroup = 1") +
                named("b", "action = \"clear\"\nlocal_port = [1, 2]\ngroup = 2")),
            "note: f:6: rule.b: is asked after rule a (f:1), of the same priority, and some "
            "connections are for both");
}

class EachDistinctPair : public testing::TestWithParam<Cover> {};

TEST_P(EachDistinctPair, IsNotNoted) {
  const auto& [first, second] = GetParam();
  EXPECT_EQ(all(deny("first", first) +
                named("second", "action = \"clear\"\nlocal_port = \"5-9\"\n" + second)),
            "");
}

INSTANTIATE_TEST_SUITE_P(OverlappingRules, EachDistinctPair,
                         testing::Values(Cover{"local_port = \"1-4\"", ""},
                                         Cover{"local_port = \"1-5\"\npriority = 2", ""},
                                         Cover{"local_port = \"1-5\"\nuser = 1", "user = 2"},
                                         Cover{"local_port = \"1-5\"\ntime = \"mon\"",
                                               "time = \"tue\""},
                                         Cover{"local_port = 5", ""}));

TEST(OverlappingRules, OfOneOutcomeAreNotNoted) {
  EXPECT_EQ(all(deny("a", "local_port = \"1-5\"") + deny("b", "local_port = \"5-9\"")), "");
}

TEST(OverlappingRules, AreNotedAFewTimes) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += deny(fmt::format("a{}", i), fmt::format("user = {}\nlocal_port = \"1-10\"", i)) +
            named(fmt::format("b{}", i),
                  fmt::format("action = \"clear\"\nuser = {}\nlocal_port = \"10-20\"", i));

  const auto lines = remarks(text);

  ASSERT_EQ(lines.size(), 21U);
  EXPECT_TRUE(lines[20].ends_with("and 80 more such pairs of rules")) << lines[20];
}

TEST(Review, WarnsOfEachKeyLog) {
  const auto allowed = test::agent("allow_key_logging = true");
  const auto logging = all(allowed + test::client("key_log_file = \"/keys\""));

  EXPECT_NE(logging.find("profile.c.key_log_file: secrets are written to /keys: whoever reads it "
                         "can decrypt the sessions of this profile"),
            std::string::npos)
      << logging;
  EXPECT_NE(all(allowed + test::client(""))
                .find("agent.allow_key_logging: is true, and no profile has key_log_file"),
            std::string::npos);
}

// All have to be compared with all others, and each is like the next.
TEST(Review, HasAnEnd) {
  std::string text;
  for (int i = 0; i < 10'000; ++i)
    text +=
        named(fmt::format("r{}", i), fmt::format("action = \"{}\"\nlocal_port = \"{}-{}\"",
                                                 i % 2 == 0 ? "clear" : "deny", 1 + i, 20'000 + i));

  const auto lines = remarks(text);

  ASSERT_FALSE(lines.empty());
  EXPECT_TRUE(lines.back().ends_with("there are too many rules for all of them to be compared"))
      << lines.back();
}

} // namespace
} // namespace ktls::policy
