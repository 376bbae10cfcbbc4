// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/settings.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ktls::policy {
namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

constexpr const char* complete = R"([agent]
socket = "/run/other.sock"
workers = 3
handshake_timeout = 20
request_timeout = 7

[client]
certificate = "/etc/client.pem"
private_key = "/etc/client.key"
truststore = "/etc/ca.pem"

[server]
handshake_role = "server-with-client-auth"
client_auth_type = "full"
certificate = "/etc/server.pem"
private_key = "/etc/server.key"
truststore = "/etc/clients.pem"
)";

Settings read(std::string_view text) {
  const auto settings = parse_settings(text, "f");
  EXPECT_TRUE(settings) << settings.error().lines.at(0);
  return settings.value_or(Settings{});
}

Lines problems(std::string_view text) {
  const auto settings = parse_settings(text, "f");
  return settings ? Lines{} : settings.error().lines;
}

std::string only_problem(std::string_view text) {
  const Lines lines = problems(text);
  EXPECT_EQ(lines.size(), 1U);
  return lines.empty() ? "" : lines[0];
}

bool has_problem(std::string_view text, const std::string& start) {
  const Lines lines = problems(text);
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.starts_with(start); });
}

std::string agent(const std::string& line) {
  return "[agent]\n" + line + "\n";
}
std::string client(const std::string& line) {
  return "[client]\ntruststore = \"/ca\"\n" + line + "\n";
}
std::string server(const std::string& line) {
  return "[server]\ncertificate = \"/c\"\nprivate_key = \"/k\"\n" + line + "\n";
}

TEST(KeyLocation, MayBeAToken) {
  const auto settings = parse_settings(client("certificate = \"/c\"\nprivate_key = "
                                              "\"pkcs11:token=t;object=k?pin-value=1234\""),
                                       "f");

  ASSERT_TRUE(settings);
  const auto& key = settings->client->credentials.at(0).private_key;
  EXPECT_EQ(key.place, KeyPlace::Token);
  EXPECT_EQ(key.path, "pkcs11:token=t;object=k?pin-value=1234");
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
  const auto problem =
      only_problem(client("certificate = \"/c\"\nprivate_key = \"pkcs11:a b?pin-value=1234\""));

  EXPECT_TRUE(problem.starts_with("f:4: client.private_key: a token URL")) << problem;
  EXPECT_EQ(problem.find("1234"), std::string::npos);
}

TEST(Credential, IsTheNameOfAFile) {
  EXPECT_TRUE(parse_settings("[client]\ntruststore = \"credential:ca.pem\"", "f"));
  for (const char* name : {"", ".", "..", "../ca.pem", "a/b", "a b"})
    EXPECT_FALSE(parse_settings(fmt::format("[client]\ntruststore = \"credential:{}\"", name), "f"))
        << name;
}

TEST(Settings, HaveDefaults) {
  const Settings settings = read("");

  EXPECT_EQ(settings.socket, "/run/ktlsd/agent.sock");
  EXPECT_EQ(settings.workers, 0U);
  EXPECT_EQ(settings.handshake_timeout, seconds(10));
  EXPECT_EQ(settings.request_timeout, seconds(5));
  EXPECT_EQ(settings.first_byte_timeout, seconds(10));
  EXPECT_GT(settings.max_handshakes, settings.max_handshakes_per_uid);
  EXPECT_GT(settings.max_handshakes_per_uid, settings.max_handshakes_per_address);
  EXPECT_GE(settings.max_connections, settings.max_handshakes + settings.max_queued);
  EXPECT_GT(settings.max_connections, settings.max_connections_per_uid);
  EXPECT_FALSE(settings.client);
  EXPECT_FALSE(settings.server);
}

TEST(Settings, TakeAnEmptyTableAsDefaults) {
  EXPECT_EQ(read("[agent]\n").handshake_timeout, seconds(10));
}

TEST(Settings, ReadTheAgent) {
  const Settings settings = read(complete);

  EXPECT_EQ(settings.socket, "/run/other.sock");
  EXPECT_EQ(settings.workers, 3U);
  EXPECT_EQ(settings.handshake_timeout, seconds(20));
  EXPECT_EQ(settings.request_timeout, seconds(7));
}

TEST(Settings, ReadTheClient) {
  const auto role = read(complete).client.value();

  EXPECT_EQ(role.role, HandshakeRole::Client);
  EXPECT_EQ(role.credentials.at(0).certificate.path, "/etc/client.pem");
  EXPECT_EQ(role.credentials.at(0).certificate.where, "f:8");
  EXPECT_EQ(role.credentials.at(0).private_key.path, "/etc/client.key");
  EXPECT_EQ(role.credentials.at(0).private_key.where, "f:9");
  EXPECT_EQ(role.truststore->path, "/etc/ca.pem");
  EXPECT_EQ(role.truststore->where, "f:10");
}

TEST(Settings, ReadTheServer) {
  const auto role = read(complete).server.value();

  EXPECT_EQ(role.role, HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(role.client_auth_type, ClientAuthType::Full);
  EXPECT_EQ(role.credentials.at(0).certificate.path, "/etc/server.pem");
  EXPECT_EQ(role.credentials.at(0).certificate.where, "f:15");
  EXPECT_EQ(role.credentials.at(0).private_key.path, "/etc/server.key");
  EXPECT_EQ(role.credentials.at(0).private_key.where, "f:16");
  EXPECT_EQ(role.truststore->path, "/etc/clients.pem");
  EXPECT_EQ(role.truststore->where, "f:17");
}

TEST(Settings, NeedNoClientCertificate) {
  const auto role = read(client("")).client.value();

  EXPECT_TRUE(role.credentials.empty());
}

TEST(Settings, DemandClientCertificatesUnlessToldOtherwise) {
  const auto role = read(server("truststore = \"/t\"")).server.value();

  EXPECT_EQ(role.role, HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(role.client_auth_type, ClientAuthType::Required);
}

TEST(Settings, LetAServerAskForNoCertificate) {
  const auto role = read(server("handshake_role = \"server\"")).server.value();

  EXPECT_EQ(role.role, HandshakeRole::Server);
  EXPECT_FALSE(role.truststore);
}

TEST(Settings, NameRequiredClientAuth) {
  const auto role =
      read(server("truststore = \"/t\"\nclient_auth_type = \"required\"")).server.value();

  EXPECT_EQ(role.client_auth_type, ClientAuthType::Required);
}

TEST(Settings, RefuseUnknownKeysAtEveryLevel) {
  EXPECT_EQ(only_problem("\nworker = 1"),
            "f:2: worker: unknown key; known here: agent, client, kernel, server");
  EXPECT_EQ(only_problem("[tls]"),
            "f:1: tls: unknown key; known here: agent, client, kernel, server");
  EXPECT_EQ(only_problem(agent("cipher = 1")),
            "f:2: agent.cipher: unknown key; known here: socket, workers, handshake_timeout, "
            "first_byte_timeout, request_timeout, max_handshakes, max_queued, "
            "max_handshakes_per_uid, max_handshakes_per_address, max_connections, "
            "max_connections_per_uid, network_namespaces");
  EXPECT_TRUE(has_problem(client("handshake_role = \"server\""),
                          "f:3: client.handshake_role: unknown key; known here: certificate, "));
  EXPECT_TRUE(has_problem(server("truststore = \"/t\"\nTruststore = \"/t\""),
                          "f:5: server.Truststore: unknown key; known here: certificate, "));
}

TEST(Settings, EscapeUnknownKeys) {
  EXPECT_TRUE(has_problem(agent(R"("a\u001b[0m" = 1)"), "f:2: agent.a\\x1b[0m: unknown key"));
  EXPECT_TRUE(has_problem(R"("\n<0>forged" = 1)", "f:1: \\x0a<0>forged: unknown key"));
}

TEST(Settings, RefuseWhatIsNoTable) {
  EXPECT_EQ(only_problem("agent = 1"), "f:1: agent: must be a table: [agent]");
  EXPECT_EQ(only_problem("client = \"/ca\""), "f:1: client: must be a table: [client]");
  EXPECT_EQ(only_problem("\n[[server]]"), "f:2: server: must be a table: [server]");
}

TEST(Settings, RefuseWrongTypes) {
  EXPECT_EQ(only_problem(agent("socket = 1")), "f:2: agent.socket: must be a string");
  EXPECT_EQ(only_problem(client("certificate = true\nprivate_key = \"/k\"")),
            "f:3: client.certificate: must be a string");
  EXPECT_EQ(only_problem(client("certificate = \"/c\"\nprivate_key = [\"/k\"]")),
            "f:4: client.private_key: must be a string");
  EXPECT_EQ(only_problem("[client]\ntruststore = 1.5"), "f:2: client.truststore: must be a string");
  EXPECT_EQ(only_problem(server("truststore = \"/t\"\nhandshake_role = 2")),
            "f:5: server.handshake_role: must be a string");
  EXPECT_EQ(only_problem(server("truststore = \"/t\"\nclient_auth_type = {}")),
            "f:5: server.client_auth_type: must be a string");
  EXPECT_EQ(only_problem(agent("workers = \"3\"")),
            "f:2: agent.workers: must be a whole number from 0 to 256");
  EXPECT_EQ(only_problem(agent("handshake_timeout = 5.0")),
            "f:2: agent.handshake_timeout: must be a whole number from 1 to 600");
  EXPECT_EQ(only_problem(agent("request_timeout = 07:32:00")),
            "f:2: agent.request_timeout: must be a whole number from 1 to 600");
}

TEST(Settings, ReadTheLimits) {
  const Settings settings = read(agent("first_byte_timeout = 3\n"
                                       "max_handshakes = 11\n"
                                       "max_queued = 0\n"
                                       "max_handshakes_per_uid = 13\n"
                                       "max_handshakes_per_address = 14\n"
                                       "max_connections = 15\n"
                                       "max_connections_per_uid = 1000000"));

  EXPECT_EQ(settings.first_byte_timeout, seconds(3));
  EXPECT_EQ(settings.max_handshakes, 11U);
  EXPECT_EQ(settings.max_queued, 0U);
  EXPECT_EQ(settings.max_handshakes_per_uid, 13U);
  EXPECT_EQ(settings.max_handshakes_per_address, 14U);
  EXPECT_EQ(settings.max_connections, 15U);
  EXPECT_EQ(settings.max_connections_per_uid, 1'000'000U);
}

TEST(Settings, RefuseLimitsThatAreNone) {
  for (const char* line :
       {"first_byte_timeout = 0", "first_byte_timeout = 601", "max_handshakes = 0",
        "max_queued = -1", "max_handshakes_per_uid = 0", "max_handshakes_per_address = 0",
        "max_connections = 0", "max_connections_per_uid = 0", "max_handshakes = 1000001",
        "max_handshakes = \"many\""})
    EXPECT_TRUE(has_problem(agent(line), "f:2: agent.")) << line;
}

TEST(Settings, KeepNumbersInRange) {
  EXPECT_EQ(read(agent("workers = 0")).workers, 0U);
  EXPECT_EQ(read(agent("workers = 256")).workers, 256U);
  EXPECT_EQ(read(agent("handshake_timeout = 1")).handshake_timeout, seconds(1));
  EXPECT_EQ(read(agent("handshake_timeout = 600")).handshake_timeout, seconds(600));
  EXPECT_EQ(read(agent("request_timeout = 1")).request_timeout, seconds(1));
  EXPECT_EQ(read(agent("request_timeout = 600")).request_timeout, seconds(600));
  for (const char* line :
       {"workers = -1", "workers = 257", "workers = 4294967296", "handshake_timeout = 0",
        "handshake_timeout = 601", "handshake_timeout = -1", "request_timeout = 0",
        "request_timeout = 601", "request_timeout = 9223372036854775807"})
    EXPECT_TRUE(has_problem(agent(line), "f:2: agent.")) << line;
}

TEST(Settings, RefuseChoicesThatDoNotExist) {
  EXPECT_EQ(only_problem(server("truststore = \"/t\"\nhandshake_role = \"client\"")),
            "f:5: server.handshake_role: \"client\" is not one of: server, "
            "server-with-client-auth");
  EXPECT_EQ(only_problem(server("truststore = \"/t\"\nclient_auth_type = \"Full\\n\"")),
            "f:5: server.client_auth_type: \"Full\\x0a\" is not one of: full, required");
}

TEST(Settings, WantAbsolutePaths) {
  EXPECT_EQ(only_problem(agent("socket = \"agent.sock\"")),
            "f:2: agent.socket: must be an absolute path");
  EXPECT_EQ(only_problem(agent("socket = \"\"")), "f:2: agent.socket: must be an absolute path");
  EXPECT_EQ(only_problem("[client]\ntruststore = \"./ca.pem\""),
            "f:2: client.truststore: must be an absolute path");
  EXPECT_EQ(only_problem("[client]\ntruststore = \"~/ca.pem\""),
            "f:2: client.truststore: must be an absolute path");
}

TEST(Settings, RefusePathsThatWouldBeCutShort) {
  EXPECT_EQ(only_problem("[client]\ntruststore = \"/ca.pem\\u0000.txt\""),
            "f:2: client.truststore: must be an absolute path");
  EXPECT_EQ(problems("[client]\ntruststore = \"/" + std::string(4094, 'x') + "\""), Lines{});
  EXPECT_EQ(only_problem("[client]\ntruststore = \"/" + std::string(4095, 'x') + "\""),
            "f:2: client.truststore: must be an absolute path");
}

TEST(Settings, WantCertificateAndKeyTogether) {
  EXPECT_EQ(only_problem(client("certificate = \"/c\"")),
            "f:1: client: certificate and private_key belong together");
  EXPECT_EQ(only_problem(client("private_key = \"/k\"")),
            "f:1: client: certificate and private_key belong together");
  EXPECT_EQ(only_problem("\n[server]\nprivate_key = \"/k\"\ntruststore = \"/t\""),
            "f:2: server: certificate and private_key belong together");
}

TEST(Settings, WantAServerCertificate) {
  EXPECT_EQ(only_problem("[server]\ntruststore = \"/t\""),
            "f:1: server.certificate: is missing: a server has to present one");
}

TEST(Settings, WantATruststore) {
  EXPECT_EQ(only_problem("[client]"),
            "f:1: client.truststore: is missing: without it no server can be verified");
  EXPECT_EQ(only_problem(server("")),
            "f:1: server.truststore: is missing: without it no client can be verified");
}

TEST(Settings, RefuseClientAuthWhereNoneIsAskedFor) {
  EXPECT_EQ(only_problem(server("handshake_role = \"server\"\nclient_auth_type = \"full\"")),
            "f:5: server.client_auth_type: counts only with handshake_role = "
            "\"server-with-client-auth\"");
}

TEST(Settings, ReportAllProblemsAtOnce) {
  const Lines lines = problems(R"(what = 1
[agent]
socket = "x"
workers = -1
[client]
certificate = "/c"
[server]
handshake_role = "both"
)");

  const std::string no_such_role =
      R"(f:8: server.handshake_role: "both" is not one of: server, server-with-client-auth)";
  EXPECT_EQ(lines, (Lines{
                       "f:1: what: unknown key; known here: agent, client, kernel, server",
                       "f:3: agent.socket: must be an absolute path",
                       "f:4: agent.workers: must be a whole number from 0 to 256",
                       "f:5: client: certificate and private_key belong together",
                       "f:5: client.truststore: is missing: without it no server can be verified",
                       no_such_role,
                       "f:7: server.certificate: is missing: a server has to present one",
                       "f:7: server.truststore: is missing: without it no client can be verified",
                   }));
}

TEST(Settings, NameTheLineOfASyntaxError) {
  EXPECT_TRUE(only_problem("[agent]\nworkers = \n").starts_with("f:2: "));
  EXPECT_TRUE(only_problem("[agent]\n\n[client\n").starts_with("f:3: "));
  EXPECT_TRUE(only_problem("[agent]\nsocket = \"/a\nworkers = 1\n").starts_with("f:2: "));
}

TEST(Settings, RefuseDuplicates) {
  EXPECT_TRUE(only_problem(agent("workers = 1\nworkers = 2")).starts_with("f:3: "));
  EXPECT_TRUE(only_problem("[agent]\n[client]\ntruststore = \"/t\"\n[agent]\n").starts_with("f:"));
}

TEST(Settings, RefuseWhatIsNotUtf8) {
  EXPECT_TRUE(only_problem("[agent]\nsocket = \"/\xff\"\n").starts_with("f:2: "));
  EXPECT_TRUE(only_problem(std::string("[agent]\n\0", 9)).starts_with("f:"));
}

TEST(Settings, PrintNothingOfASyntaxErrorRaw) {
  const auto line = only_problem("[agent]\nworkers = \x1b[31m\n");

  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST(Settings, RefuseHugeNesting) {
  const std::size_t deep = 100'000;

  EXPECT_FALSE(problems("a = " + std::string(deep, '[')).empty());
  EXPECT_FALSE(problems("a = " + std::string(deep, '[') + std::string(deep, ']')).empty());
}

TEST(Settings, ReadNetworkNamespaces) {
  const auto spaces = read(agent("network_namespaces = [\"/run/netns/blue\",\n\"/run/netns/red\"]"))
                          .network_namespaces;

  ASSERT_EQ(spaces.size(), 2U);
  EXPECT_EQ(spaces[0].path, "/run/netns/blue");
  EXPECT_EQ(spaces[0].where, "f:2");
  EXPECT_EQ(spaces[1].path, "/run/netns/red");
  EXPECT_EQ(spaces[1].where, "f:3");
  EXPECT_TRUE(read(agent("network_namespaces = []")).network_namespaces.empty());
}

TEST(Settings, RefuseNetworkNamespacesThatAreNoPaths) {
  for (const char* value : {"[\"blue\"]", "[1]", "[\"\"]", "[[\"/a\"]]", "[\"/a\\u0000b\"]"})
    EXPECT_EQ(only_problem(agent(std::string("network_namespaces = ") + value)),
              "f:2: agent.network_namespaces: must be an absolute path")
        << value;
  EXPECT_EQ(only_problem(agent("network_namespaces = \"/a\"")),
            "f:2: agent.network_namespaces: must be a list of at most 64 absolute paths");
  EXPECT_EQ(only_problem(agent("network_namespaces = [\"/a\", \"/b\", \"/a\"]")),
            "f:2: agent.network_namespaces: \"/a\" is given twice");
}

TEST(Settings, LimitTheNumberOfNetworkNamespaces) {
  std::string list;
  for (std::size_t i = 0; i < max_network_namespaces; ++i)
    list += "\"/run/netns/" + std::to_string(i) + "\", ";

  EXPECT_EQ(read(agent("network_namespaces = [" + list + "]")).network_namespaces.size(),
            max_network_namespaces);
  EXPECT_EQ(only_problem(agent("network_namespaces = [" + list + "\"/one/more\"]")),
            "f:2: agent.network_namespaces: must be a list of at most 64 absolute paths");
}

} // namespace
} // namespace ktls::policy
