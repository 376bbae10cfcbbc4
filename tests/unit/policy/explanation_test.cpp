// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/explanation.hpp"

#include "parsing.hpp"

namespace ktls::policy {
namespace {

using test::named;

Facts request() {
  Facts facts;
  facts.origin = Origin::Application;
  facts.remote_address = IpAddress::parse("192.0.2.1");
  facts.remote_port = 443;
  facts.uid = 1000;
  facts.groups = {1000, 50};
  return facts;
}

TEST(ExplanationText, NamesTheRuleAndWhyEarlierOnesDoNotApply) {
  const auto policy = test::read(
      test::client("") + named("nfs", "origin = \"kernel\"\nlocal_port = 2049\nprofile = \"c\"") +
      named("web", "remote_port = [80, \"8000-8999\"]\ngroup = 7\naction = \"deny\"") +
      named("night", "time = \"22:00-06:00\"\nunit = \"a*\"\naction = \"clear\"") +
      named("all", "profile = \"c\"") + named("late", "action = \"deny\""));

  EXPECT_EQ(explanation(policy, request(), {4, 725}),
            "TLS by profile c: rule all applies (f:20)\n"
            "rules that are asked before it, and do not apply:\n"
            "  nfs (f:5)\n"
            "    origin is application; the rule wants kernel\n"
            "    local_port is not known; the rule wants 2049\n"
            "  web (f:10)\n"
            "    remote_port is 443; the rule wants 80, 8000-8999\n"
            "    group is 1000, 50; the rule wants 7\n"
            "  night (f:15)\n"
            "    unit is not known; the rule wants a*\n"
            "    time is fri 12:05; the rule wants mon,tue,wed,thu,fri,sat,sun 22:00-06:00\n");
}

TEST(ExplanationText, TellsOfTheDefault) {
  EXPECT_EQ(explanation(test::read(""), {}, {}),
            "denied: no rule applies, and this is agent.default_action\n");
  EXPECT_EQ(explanation(test::read("[agent]\ndefault_action = \"clear\"\n" +
                                   named("r", "server_name = \"*.a.b\"\naction = \"deny\"")),
                        {}, {}),
            "no TLS, in clear: no rule applies, and this is agent.default_action\n"
            "rules, none of which applies:\n"
            "  r (f:3)\n"
            "    server_name is not known; the rule wants *.a.b\n");
}

TEST(ExplanationText, TellsWhatElseRefusesARequest) {
  const auto policy = test::read(test::client("allowed_users = 7") + named("r", "profile = \"c\""));
  auto facts = request();
  facts.role = AskedRole::Server;

  EXPECT_EQ(explanation(policy, facts, {}),
            "TLS by profile c: rule r applies (f:5)\n"
            "but refused: profile c is not for this application, by its allowed_users, "
            "allowed_groups and allowed_units (f:1)\n"
            "but refused: a server is asked for, and profile c is a client (f:1)\n");
}

TEST(ExplanationText, HasTheNearestOfManyRules) {
  std::string text;
  for (int i = 0; i < 10'000; ++i)
    text += named(fmt::format("far{}", i),
                  i % 10 == 0 ? "local_port = 1\nuser = 7\naction = \"deny\""
                              : "remote_address = \"::1\"\nuser = 7\naction = \"deny\"");
  text += named("near", "user = 7\naction = \"deny\"");

  const auto told = explanation(test::read(text), request(), {});

  EXPECT_NE(told.find("10001 rules do not apply; those that come nearest:\n  far0 (f:1)\n"),
            std::string::npos)
      << told;
  EXPECT_NE(told.find("  near (f:50001)\n    user is 1000; the rule wants 7\n"
                      "  and 9981 more: 8983 by remote_address, 998 by local_port\n"),
            std::string::npos)
      << told;
  EXPECT_LT(told.size(), 4000U);
}

TEST(ExplanationText, ShowsAFewValuesOfMany) {
  std::string ports = "1";
  for (int i = 2; i <= 100; ++i)
    ports += fmt::format(", {}", i);
  const auto told = explanation(
      test::read(named("r", "remote_port = [" + ports + "]\naction = \"deny\"")), request(), {});

  EXPECT_NE(told.find("the rule wants 1, 2, 3, 4, 5, 6, 7, 8 and 92 more\n"), std::string::npos)
      << told;
}

TEST(ExplanationText, IsPrintable) {
  auto facts = request();
  facts.executable = "/tmp/\x1b[31m\n";
  const auto told = explanation(
      test::read(named("r", "executable = \"/\\u00fc\"\naction = \"deny\"")), facts, {});

  EXPECT_NE(told.find("executable is /tmp/\\x1b[31m\\x0a; the rule wants /\\xc3\\xbc\n"),
            std::string::npos)
      << told;
}

} // namespace
} // namespace ktls::policy
