// SPDX-License-Identifier: GPL-2.0-or-later
// What concerns all files and tables: names, syntax, and what an error says.
#include "parsing.hpp"

namespace ktls::policy {
namespace {

using test::client;
using test::Lines;
using test::problems;
using test::rule;

std::string only_problem(const std::string& text) {
  const auto lines = problems({SourceFile{"f", text}});
  EXPECT_EQ(lines.size(), 1U) << problems(text);
  return lines.empty() ? "" : lines[0];
}

TEST(Files, AreOnePolicy) {
  const auto policy = test::parse({{"a", rule("priority = 5")},
                                   {"b", "[profile.c]\nhandshake_role = \"server\"\n"
                                         "credentials = \"x\""},
                                   {"c", test::credential("x")},
                                   {"d", "[[rule]]\nname = \"s\"\nprofile = \"c\""},
                                   {"e", ""}});

  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->rules().size(), 2U);
  EXPECT_EQ(policy->rules()[1].where, "d:1");
  EXPECT_EQ(policy->profiles().at(0).where, "b:1");
  EXPECT_EQ(policy->credentials().at(0).where, "c:1");
  EXPECT_EQ(policy->credentials().at(0).alternatives.at(0).certificate.where, "c:2");
}

TEST(Files, TellAllErrorsInTheirOrder) {
  const auto lines = problems({{"a", R"(what = 1
[agent]
socket = "x"
workers = -1
[profile.web]
handshake_role = "both"
certificate = "/c"
[[rule]]
name = "r"
profile = "wep"
)"},
                               {"b", "[profile.x]\n[credential.x]\nprivate_key = 1"}});

  const std::string all = R"(a:1: what: unknown key; known here: agent, credential, profile, rule
a:3: agent.socket: must be an absolute path
a:4: agent.workers: must be a whole number from 0 to 256
a:6: profile.web.handshake_role: "both" is not one of: client, server, server-with-client-auth
a:7: profile.web.certificate: unknown key
a:10: rule.r.profile: there is no profile "wep"; is it web?
b:1: profile.x.handshake_role: is missing: "client", "server" or "server-with-client-auth"
b:2: credential.x.certificate: is missing: a credential is a certificate and its key
b:3: credential.x.private_key: must be an absolute path, or "credential:NAME")";
  EXPECT_EQ(fmt::format("{}", fmt::join(lines, "\n")), all);
}

TEST(Syntax, IsWrongOnceInEachFile) {
  const auto lines = problems({{"a", "[agent]\nworkers = \n"},
                               {"b", "[profile.c\n"},
                               {"c", "[[rule]]\nname = \"r\"\nprofile = \"c\""},
                               {"d", "[agent]\nworkers = -1"}});

  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with("a:2: ")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("b:1: ")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with("d:2: agent.workers: ")) << lines[2];
}

TEST(Syntax, ErrorsHaveTheirLine) {
  EXPECT_TRUE(only_problem("[agent]\nworkers = \n").starts_with("f:2: "));
  EXPECT_TRUE(only_problem("[agent]\n\n[client\n").starts_with("f:3: "));
  EXPECT_TRUE(only_problem("[agent]\nsocket = \"/a\nworkers = 1\n").starts_with("f:2: "));
  EXPECT_TRUE(only_problem("[agent]\nworkers = 1\nworkers = 2").starts_with("f:3: "));
  EXPECT_TRUE(only_problem("[agent]\n[agent]\n").starts_with("f:"));
  EXPECT_TRUE(only_problem("[agent]\nsocket = \"/\xff\"\n").starts_with("f:2: "));
  EXPECT_TRUE(only_problem(std::string("[agent]\n\0", 9)).starts_with("f:"));
}

TEST(Syntax, ErrorsEndNothing) {
  for (const char* text : {"[=", "[[=", "[\n", "[ ", "a.=", "=", "{", "a = {=", "[\"\"\"a\"\"\"]"})
    EXPECT_TRUE(only_problem(text).starts_with("f:")) << text;
}

TEST(Syntax, ErrorsPrintNothingRaw) {
  EXPECT_EQ(only_problem("[agent]\nworkers = \x1b[31m\n").find('\x1b'), std::string::npos);
}

TEST(Syntax, HasNoHugeNesting) {
  constexpr std::size_t deep = 100'000;
  std::string key = "a";
  for (std::size_t i = 0; i < deep; ++i)
    key += ".a";

  EXPECT_FALSE(problems("a = " + std::string(deep, '[')).empty());
  EXPECT_FALSE(problems("a = " + std::string(deep, '[') + std::string(deep, ']')).empty());
  EXPECT_EQ(only_problem("\n" + key + " = 1"), "f:2: a key of more than 16 parts");
  EXPECT_EQ(only_problem("\n\n[" + key + "]"), "f:3: a key of more than 16 parts");
}

TEST(UnknownKeys, AreNamedAtEveryLevel) {
  EXPECT_EQ(only_problem("\nrules = 1"), "f:2: rules: unknown key; is it rule?");
  EXPECT_EQ(only_problem("[tls]"),
            "f:1: tls: unknown key; known here: agent, credential, profile, rule");
  EXPECT_EQ(only_problem("[TTLSRule]"), "f:1: TTLSRule: unknown key; rules are tables [[rule]]");
  EXPECT_EQ(only_problem(test::credential("x") + "truststore = \"/x\""),
            "f:4: credential.x.truststore: unknown key; known here: certificate, private_key, "
            "ocsp_response");
}

TEST(UnknownKeys, AreEscaped) {
  EXPECT_TRUE(only_problem("[agent]\n\"a\\u001b[0m\" = 1")
                  .starts_with("f:2: agent.a\\x1b[0m: unknown key"));
  EXPECT_TRUE(only_problem("\"\\n<0>forged\" = 1").starts_with("f:1: \\x0a<0>forged: unknown key"));
}

TEST(Names, AreOfAFewCharacters) {
  const std::string wrong = "a name has 1 to 64 letters, digits, '_' and '-'";
  EXPECT_EQ(only_problem("[profile.\"a b\"]"), "f:1: profile.a b: " + wrong);
  EXPECT_EQ(only_problem("[credential.\"\"]"), "f:1: credential.: " + wrong);
  EXPECT_EQ(only_problem("[profile." + std::string(65, 'x') + "]"),
            "f:1: profile." + std::string(65, 'x') + ": " + wrong);
  EXPECT_EQ(problems("[profile." + std::string(64, 'x') + "]\nhandshake_role = \"client\"\n" +
                     "truststore = \"/ca\""),
            "");
}

TEST(Names, AreThereOnce) {
  EXPECT_EQ(problems({{"a", client("")}, {"b", "\n" + client("")}}),
            Lines{"b:2: profile.c: there is a profile \"c\" already, in a:1"});
  EXPECT_EQ(problems({{"a", test::credential("x")}, {"b", test::credential("x")}}),
            Lines{"b:1: credential.x: there is a credential \"x\" already, in a:1"});
}

TEST(Names, AreOfTables) {
  EXPECT_EQ(only_problem("profile = 1"), "f:1: profile: must be tables: [profile.NAME]");
  EXPECT_EQ(only_problem("[[profile]]"), "f:1: profile: must be tables: [profile.NAME]");
  EXPECT_EQ(only_problem("[profile]\nx = 1"), "f:2: profile.x: must be a table: [profile.x]");
  EXPECT_EQ(only_problem("[credential]\nx = 1"),
            "f:2: credential.x: must be a table, [credential.x], or 1 to 64 tables, "
            "[[credential.x]]");
  EXPECT_EQ(only_problem("[credential]\nx = [1]"),
            "f:2: credential.x: must be a table: [[credential.x]]");
}

TEST(Credential, IsCertificateAndKey) {
  EXPECT_EQ(problems("[credential.x]\ncertificate = \"/c\""),
            "f:1: credential.x.private_key: is missing: a credential is a certificate and its key");
  EXPECT_EQ(problems("[credential.x]\nprivate_key = \"/k\""),
            "f:1: credential.x.certificate: is missing: a credential is a certificate and its key");
  EXPECT_EQ(problems("[credential.x]\ncertificate = true\nprivate_key = [\"/k\"]"),
            "f:2: credential.x.certificate: must be an absolute path, or \"credential:NAME\"\n"
            "f:3: credential.x.private_key: must be an absolute path, or \"credential:NAME\"");
}

TEST(Credential, MayHaveAlternatives) {
  const auto policy = test::read("[[credential.x]]\ncertificate = \"/a\"\nprivate_key = \"/b\"\n"
                                 "[[credential.x]]\ncertificate = \"credential:c\"\n"
                                 "private_key = \"tpmkey:uuid=1\"\nocsp_response = \"/o\"");
  const auto& alternatives = policy.credentials().at(0).alternatives;

  ASSERT_EQ(alternatives.size(), 2U);
  EXPECT_EQ(alternatives[0].private_key.place, KeyPlace::File);
  EXPECT_FALSE(alternatives[0].ocsp_response);
  EXPECT_EQ(alternatives[1].certificate.path, "credential:c");
  EXPECT_EQ(alternatives[1].certificate.where, "f:5");
  EXPECT_EQ(alternatives[1].private_key.place, KeyPlace::Token);
  EXPECT_EQ(alternatives[1].ocsp_response->path, "/o");
}

TEST(KeyLocation, MayBeAToken) {
  const auto policy = test::read("[credential.x]\ncertificate = \"/c\"\nprivate_key = "
                                 "\"pkcs11:token=t;object=k?pin-value=1234\"");

  const auto& key = policy.credentials().at(0).alternatives.at(0).private_key;
  EXPECT_EQ(key.place, KeyPlace::Token);
  EXPECT_EQ(key.path, "pkcs11:token=t;object=k?pin-value=1234");
  EXPECT_EQ(key.where, "f:3");
  EXPECT_EQ(key.name(), "pkcs11:token=t;object=k");
}

TEST(KeyLocation, NamesNoPinThatIsInAWrongPlace) {
  const auto name = [](const char* url) {
    return KeyLocation{{url, "f:1"}, KeyPlace::Token}.name();
  };

  EXPECT_EQ(name("pkcs11:token=t;pin-value=1234"), "pkcs11:token=t;");
  EXPECT_EQ(name("pkcs11:token=t;pinfile=/x"), "pkcs11:token=t;");
}

TEST(KeyLocation, SaysNothingOfAUrlThatCannotBeOne) {
  for (const std::string url :
       {"pkcs11:a b?pin-value=1234", "PKCS11:a?pin-value=1234", " pkcs11:a?pin-value=1234"}) {
    const auto problem =
        only_problem("[credential.x]\ncertificate = \"/c\"\nprivate_key = \"" + url + "\"");
    EXPECT_TRUE(problem.starts_with("f:3: credential.x.private_key: ")) << problem;
    EXPECT_EQ(problem.find("1234"), std::string::npos) << problem;
  }
}

} // namespace
} // namespace ktls::policy
