// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of [[rule]].
#include "policy/rule_table.hpp"

#include "parsing.hpp"
#include "policy/condition_values.hpp"

namespace ktls::policy {
namespace {

using test::client;
using test::ip;
using test::problems;
using test::rule;
using test::rule_of;

TEST(Rule, HasDefaults) {
  const auto read = rule_of(rule(""));

  EXPECT_EQ(read.name, "r");
  EXPECT_EQ(read.where, "f:1");
  EXPECT_EQ(read.priority, 1);
  EXPECT_EQ(read.action, Action::Deny);
  EXPECT_TRUE(read.times.empty());
  EXPECT_TRUE(read.conditions.are_met_by({}));
}

TEST(Rule, HasOneValueForEachKey) {
  const auto [name, priority, conditions, times, action, profile, where] =
      rule_of("[agent]\nnetwork_namespaces = \"/run/netns/blue\"\n" +
              rule("priority = 2000000000\n"
                   "origin = \"kernel\"\n"
                   "direction = \"inbound\"\n"
                   "role = \"server\"\n"
                   "local_address = \"192.0.2.0/24\"\n"
                   "remote_address = \"2001:db8::1\"\n"
                   "local_port = 443\n"
                   "remote_port = \"8000-8999\"\n"
                   "user = \"alice\"\n"
                   "group = 7\n"
                   "unit = \"web@*\"\n"
                   "executable = \"/usr/bin/web\"\n"
                   "server_name = \"*.Example.org\"\n"
                   "network_namespace = \"/run/netns/blue\"\n"
                   "time = \"sat,sun 22:00-06:00\""));

  EXPECT_EQ(priority, max_priority);
  EXPECT_EQ(conditions.origin, Alternatives<Origin>{exactly(Origin::Kernel)});
  EXPECT_EQ(conditions.direction, Alternatives<Direction>{exactly(Direction::Inbound)});
  EXPECT_EQ(conditions.role, Alternatives<AskedRole>{exactly(AskedRole::Server)});
  EXPECT_EQ(conditions.local_address,
            (Alternatives<IpAddress>{{ip("192.0.2.0"), ip("192.0.2.255")}}));
  EXPECT_EQ(conditions.remote_address, Alternatives<IpAddress>{exactly(ip("2001:db8::1"))});
  EXPECT_EQ(conditions.local_port, (Alternatives<std::uint16_t>{{443, 443}}));
  EXPECT_EQ(conditions.remote_port, (Alternatives<std::uint16_t>{{8000, 8999}}));
  EXPECT_EQ(conditions.uid, Alternatives<uid_t>{exactly(uid_t{1000})});
  EXPECT_EQ(conditions.group, Alternatives<gid_t>{exactly(gid_t{7})});
  EXPECT_EQ(conditions.unit, Alternatives<std::string>{beginning_with("web@")});
  EXPECT_EQ(conditions.executable, Alternatives<std::string>{exactly<std::string>("/usr/bin/web")});
  EXPECT_EQ(conditions.server_name, Alternatives<std::string>{server_names("*.example.org")});
  EXPECT_EQ(conditions.network_namespace,
            Alternatives<std::string>{exactly<std::string>("/run/netns/blue")});
  ASSERT_EQ(times.size(), 1U);
  EXPECT_TRUE(times[0].has({5, 1320}));
  EXPECT_FALSE(times[0].has({4, 1320}));
}

TEST(Rule, HasListsForMostKeys) {
  const auto [name, priority, conditions, times, action, profile, where] =
      rule_of(rule("origin = [\"kernel\", \"listener\"]\n"
                   "local_address = [\"192.0.2.1-192.0.2.9\", \"::/0\"]\n"
                   "remote_port = [80, \"443\", \"8000-8999\"]\n"
                   "user = [1, \"alice\"]\n"
                   "group = [\"staff\", 2]\n"
                   "unit = [\"a.service\", \"b*\"]\n"
                   "executable = [\"/a\", \"/b/*\"]\n"
                   "server_name = [\"a.org\", \"192.0.2.1\"]\n"
                   "network_namespace = [\"own\"]\n"
                   "time = [\"mon\", \"08:00-09:00\"]"));

  EXPECT_EQ(conditions.origin.size(), 2U);
  EXPECT_EQ(conditions.local_address.size(), 2U);
  EXPECT_EQ(conditions.remote_port,
            (Alternatives<std::uint16_t>{{80, 80}, {443, 443}, {8000, 8999}}));
  EXPECT_EQ(conditions.uid.size(), 2U);
  EXPECT_EQ(conditions.group.size(), 2U);
  EXPECT_EQ(conditions.unit.size(), 2U);
  EXPECT_EQ(conditions.executable.size(), 2U);
  EXPECT_EQ(conditions.server_name.size(), 2U);
  EXPECT_EQ(conditions.network_namespace.size(), 1U);
  EXPECT_EQ(times.size(), 2U);
}

TEST(Rule, TakesTheNamesOfAtTls) {
  const auto [name, priority, conditions, times, action, profile, where] =
      rule_of(rule("Priority = 9\nDIRECTION = \"Outbound\"\nLocalAddr = \"192.0.2.1\"\n"
                   "remoteaddr = \"192.0.2.2\"\nLocalPortRange = 1\nRemotePortRange = \"2-3\"\n"
                   "Userid = \"alice\"\nJobname = \"ftpd.service\""));

  EXPECT_EQ(priority, 9);
  EXPECT_EQ(conditions.direction, Alternatives<Direction>{exactly(Direction::Outbound)});
  EXPECT_EQ(conditions.local_address.size(), 1U);
  EXPECT_EQ(conditions.remote_address.size(), 1U);
  EXPECT_EQ(conditions.local_port.size(), 1U);
  EXPECT_EQ(conditions.remote_port.size(), 1U);
  EXPECT_EQ(conditions.uid.size(), 1U);
  EXPECT_EQ(conditions.unit.size(), 1U);
}

TEST(Direction, OfBothIsNoCondition) {
  EXPECT_TRUE(rule_of(rule("direction = \"both\"")).conditions.direction.empty());
  EXPECT_TRUE(rule_of(rule("Direction = \"Both\"")).conditions.direction.empty());
}

TEST(Outcome, IsAProfileOrAnAction) {
  const std::string start = "[[rule]]\nname = \"r\"\n";
  const auto with_profile = test::read(client("") + start + "profile = \"c\"").rules().at(0);
  EXPECT_EQ(with_profile.action, Action::Profile);
  EXPECT_EQ(with_profile.profile, 0U);
  EXPECT_EQ(rule_of(start + "action = \"clear\"").action, Action::Clear);

  const std::string wrong =
      "rule.r: needs either profile or action, which is \"clear\" or \"deny\"";
  EXPECT_EQ(problems(start), "f:1: " + wrong);
  EXPECT_EQ(problems(client("") + start + "profile = \"c\"\naction = \"deny\""), "f:5: " + wrong);
  EXPECT_EQ(problems(start + "action = \"profile\""),
            "f:3: rule.r.action: \"profile\" is not one of: clear, deny");
  EXPECT_EQ(problems(client("") + start + "profile = \"d\""),
            "f:7: rule.r.profile: there is no profile \"d\"; is it c?");
  EXPECT_EQ(problems(start + "profile = 1"), "f:3: rule.r.profile: must be the name of a profile");
}

TEST(Keyring, IsForTheKernelAlone) {
  const std::string text = "[profile.n]\nhandshake_role = \"client\"\npsk = \"keyring\"\n"
                           "[[rule]]\nname = \"r\"\nprofile = \"n\"\n";
  const std::string wrong =
      "f:6: rule.r.profile: n has psk = \"keyring\": the rule needs origin = \"kernel\", and no "
      "other";

  EXPECT_EQ(problems(text + "origin = \"kernel\""), "");
  EXPECT_EQ(problems(text), wrong);
  EXPECT_EQ(problems(text + "origin = [\"kernel\", \"application\"]"), wrong);
}

TEST(RuleName, IsThereAndUnique) {
  EXPECT_EQ(problems("[[rule]]\naction = \"deny\""),
            "f:1: rule.name: is missing: each rule has one");
  EXPECT_EQ(problems("[[rule]]\nname = 1\naction = \"deny\""), "f:2: rule.name: must be a string");
  EXPECT_EQ(problems("[[rule]]\nname = \"a b\"\naction = \"deny\""),
            "f:2: rule.a b.name: a name has 1 to 64 letters, digits, '_' and '-'");
  EXPECT_EQ(test::problems({{"a", rule("")}, {"b", "\n" + rule("")}}),
            test::Lines{"b:3: rule.r.name: there is a rule \"r\" already, in a:2"});
}

struct WrongRuleKey {
  std::string line;
  std::string problem; // its beginning
};
class EachWrongRuleKey : public testing::TestWithParam<WrongRuleKey> {};

TEST_P(EachWrongRuleKey, IsRefused) {
  const auto& [line, problem] = GetParam();
  const auto found = problems(rule(line));
  EXPECT_TRUE(found.starts_with("f:4: rule.r." + problem)) << found;
  EXPECT_EQ(found.find('\n'), std::string::npos) << found;
}

INSTANTIATE_TEST_SUITE_P(
    Rule, EachWrongRuleKey,
    testing::Values(
        WrongRuleKey{"priority = 0", "priority: must be a whole number from 1 to 2000000000"},
        WrongRuleKey{"priority = 2000000001",
                     "priority: must be a whole number from 1 to 2000000000"},
        WrongRuleKey{"priority = \"1\"", "priority: must be a whole number from 1 to 2000000000"},
        WrongRuleKey{"origin = \"user\"",
                     "origin: \"user\" is not one of: kernel, application, listener"},
        WrongRuleKey{"origin = 1", "origin: must be a string, or a list of strings"},
        WrongRuleKey{"origin = []", "origin: must be one value, or a list of 1 to 4096"},
        WrongRuleKey{"direction = [\"inbound\"]", "direction: must be a string"},
        WrongRuleKey{"direction = \"in\"",
                     "direction: \"in\" is not one of: inbound, outbound, both"},
        WrongRuleKey{"role = \"server-with-client-auth\"",
                     "role: \"server-with-client-auth\" is not one of: client, server"},
        WrongRuleKey{"role = 1", "role: must be a string"},
        WrongRuleKey{"local_address = 1", "local_address: must be a string, or a list of strings"},
        WrongRuleKey{"local_address = []",
                     "local_address: must be one value, or a list of 1 to 4096"},
        WrongRuleKey{
            "local_address = \"10.0.0.1/24\"",
            "local_address: \"10.0.0.1/24\" has bits set behind its length; is it 10.0.0.0/24?"},
        WrongRuleKey{"remote_address = \"10.0.0.9-10.0.0.1\"",
                     "remote_address: \"10.0.0.9-10.0.0.1\" ends before it begins"},
        WrongRuleKey{"remote_address = [\"::1\", \"localhost\"]",
                     "remote_address: \"localhost\" is not an address"},
        WrongRuleKey{"local_port = 0", "local_port: must be a port from 1 to 65535"},
        WrongRuleKey{"local_port = 65536", "local_port: must be a port from 1 to 65535"},
        WrongRuleKey{"local_port = true", "local_port: must be a port from 1 to 65535"},
        WrongRuleKey{"local_port = \"9-8\"", "local_port: \"9-8\" ends before it begins"},
        WrongRuleKey{"remote_port = \"https\"", "remote_port: \"https\" is not a port"},
        WrongRuleKey{"user = \"bob\"", "user: there is no user \"bob\""},
        WrongRuleKey{"user = 1.5", "user: must be the name or the number of a user"},
        WrongRuleKey{"user = []", "user: must be one value, or a list of 1 to 4096"},
        WrongRuleKey{"group = \"x\"", "group: there is no group \"x\""},
        WrongRuleKey{"unit = \"a\"", "unit: \"a\" has no type; is it a.service?"},
        WrongRuleKey{"unit = \"\"", "unit: must be the name of a unit"},
        WrongRuleKey{"unit = \"*.service\"", "unit: must be the name of a unit"},
        WrongRuleKey{"unit = 1", "unit: must be the name of a unit"},
        WrongRuleKey{"executable = \"web\"", "executable: must be an absolute path"},
        WrongRuleKey{"executable = \"/a*/b\"", "executable: must be an absolute path"},
        WrongRuleKey{"executable = \"/a\\u0000\"", "executable: must be an absolute path"},
        WrongRuleKey{"server_name = \"*\"", "server_name: \"*\" is not a name"},
        WrongRuleKey{"server_name = \"a.*.b\"", "server_name: \"a.*.b\" is not a name"},
        WrongRuleKey{"server_name = \"*.192.0.2.1\"", "server_name: \"*.192.0.2.1\" is not a name"},
        WrongRuleKey{"network_namespace = \"/run/netns/x\"",
                     "network_namespace: \"/run/netns/x\" is neither \"own\" nor one of "
                     "agent.network_namespaces"},
        WrongRuleKey{"time = \"24:00-25:00\"", "time: must be days or times or both"},
        WrongRuleKey{"time = 1", "time: must be days or times or both"},
        WrongRuleKey{"time = 08:00:00", "time: must be days or times or both"},
        WrongRuleKey{"remote_adress = \"::1\"",
                     "remote_adress: unknown key; is it remote_address?"},
        WrongRuleKey{
            "IpTimeCondition = \"x\"",
            "IpTimeCondition: unknown key; time has windows such as \"mon-fri 08:00-18:00\""},
        WrongRuleKey{
            "ApplicationControlled = \"On\"",
            "ApplicationControlled: unknown key; an application that calls ktlsctl_start()"}));

TEST(RuleKey, IsSaidOnce) {
  EXPECT_EQ(problems(rule("user = 1\nUserid = 1")),
            "f:4: rule.r.user: is the same as Userid, which is in this table, too");
  EXPECT_EQ(problems(rule("Userid = 1\nUSERID = 1")),
            "f:4: rule.r.Userid: is the same as USERID, which is in this table, too");
}

TEST(RuleKey, MayHaveManyAlternatives) {
  std::string list;
  for (int i = 0; i < 4096; ++i)
    list += fmt::format("{}, ", i + 1);

  EXPECT_EQ(rule_of(rule("remote_port = [" + list + "]")).conditions.remote_port.size(), 4096U);
  EXPECT_EQ(problems(rule("remote_port = [" + list + "5000]")),
            "f:4: rule.r.remote_port: must be one value, or a list of 1 to 4096");
}

TEST(Rules, AreTables) {
  EXPECT_EQ(problems("[rule]\nname = \"r\""), "f:1: rule: must be tables: [[rule]]");
  EXPECT_EQ(problems("rule = 1"), "f:1: rule: must be tables: [[rule]]");
  EXPECT_EQ(problems("rule = [1]"), "f:1: rule: must be tables: [[rule]]");
  EXPECT_EQ(problems("rule = []"), "");
}

TEST(Accounts, AreAskedForEachNameOnce) {
  int asked = 0;
  const Accounts accounts{[&](const std::string&) {
                            ++asked;
                            return std::optional<uid_t>(1);
                          },
                          {}};
  const std::vector<SourceFile> files{{"f", rule("user = [\"a\", \"b\", \"a\"]") +
                                                "[[rule]]\nname = \"s\"\nuser = \"a\"\n"
                                                "action = \"deny\"\n"}};

  EXPECT_TRUE(parse_policy(files, accounts));
  EXPECT_EQ(asked, 2);
}

} // namespace
} // namespace ktls::policy
