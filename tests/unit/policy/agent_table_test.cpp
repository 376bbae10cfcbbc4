// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/agent_table.hpp"

#include "parsing.hpp"

namespace ktls::policy {
namespace {

using std::chrono::seconds;
using test::agent;
using test::problems;

AgentSettings agent_of(const std::string& text) {
  return test::read(text).agent();
}

TEST(Agent, HasDefaults) {
  const auto settings = agent_of("");

  EXPECT_EQ(settings.socket, "/run/ktlsd/agent.sock");
  EXPECT_EQ(settings.workers, 0U);
  EXPECT_EQ(settings.handshake_timeout, seconds(10));
  EXPECT_EQ(settings.request_timeout, seconds(5));
  EXPECT_EQ(settings.first_byte_timeout, seconds(10));
  EXPECT_GT(settings.max_handshakes, settings.max_handshakes_per_uid);
  EXPECT_GT(settings.max_handshakes_per_uid, settings.max_handshakes_per_address);
  EXPECT_GE(settings.max_connections, settings.max_handshakes + settings.max_queued);
  EXPECT_GT(settings.max_connections, settings.max_connections_per_uid);
  EXPECT_FALSE(settings.watch_files);
  EXPECT_EQ(agent_of("[agent]\n").handshake_timeout, seconds(10));
}

TEST(Agent, IsRead) {
  const auto settings = agent_of(agent("socket = \"/run/other.sock\"\n"
                                       "workers = 3\n"
                                       "handshake_timeout = 20\n"
                                       "first_byte_timeout = 3\n"
                                       "request_timeout = 7\n"
                                       "max_handshakes = 11\n"
                                       "max_queued = 0\n"
                                       "max_handshakes_per_uid = 13\n"
                                       "max_handshakes_per_address = 14\n"
                                       "max_connections = 15\n"
                                       "max_connections_per_uid = 1000000\n"
                                       "watch_files = true"));

  EXPECT_EQ(settings.socket, "/run/other.sock");
  EXPECT_EQ(settings.workers, 3U);
  EXPECT_EQ(settings.handshake_timeout, seconds(20));
  EXPECT_EQ(settings.first_byte_timeout, seconds(3));
  EXPECT_EQ(settings.request_timeout, seconds(7));
  EXPECT_EQ(settings.max_handshakes, 11U);
  EXPECT_EQ(settings.max_queued, 0U);
  EXPECT_EQ(settings.max_handshakes_per_uid, 13U);
  EXPECT_EQ(settings.max_handshakes_per_address, 14U);
  EXPECT_EQ(settings.max_connections, 15U);
  EXPECT_EQ(settings.max_connections_per_uid, 1'000'000U);
  EXPECT_TRUE(settings.watch_files);
}

TEST(Agent, HasADefaultAction) {
  EXPECT_EQ(test::read(agent("default_action = \"deny\"")).default_action(), Action::Deny);
  EXPECT_EQ(test::read(agent("default_action = \"clear\"")).default_action(), Action::Clear);
  EXPECT_EQ(problems(agent("default_action = \"profile\"")),
            "f:2: agent.default_action: \"profile\" is not one of: deny, clear");
}

TEST(Agent, KeepsNumbersInRange) {
  EXPECT_EQ(agent_of(agent("workers = 0")).workers, 0U);
  EXPECT_EQ(agent_of(agent("workers = 256")).workers, 256U);
  EXPECT_EQ(agent_of(agent("handshake_timeout = 600")).handshake_timeout, seconds(600));
  EXPECT_EQ(agent_of(agent("request_timeout = 1")).request_timeout, seconds(1));
}

struct WrongAgentKey {
  const char* line;
  const char* problem;
};
class EachWrongAgentKey : public testing::TestWithParam<WrongAgentKey> {};

TEST_P(EachWrongAgentKey, IsRefused) {
  EXPECT_EQ(problems(agent(GetParam().line)), std::string("f:2: agent.") + GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    Agent, EachWrongAgentKey,
    testing::Values(
        WrongAgentKey{"workers = -1", "workers: must be a whole number from 0 to 256"},
        WrongAgentKey{"workers = 257", "workers: must be a whole number from 0 to 256"},
        WrongAgentKey{"workers = 4294967296", "workers: must be a whole number from 0 to 256"},
        WrongAgentKey{"workers = \"3\"", "workers: must be a whole number from 0 to 256"},
        WrongAgentKey{"handshake_timeout = 0",
                      "handshake_timeout: must be a whole number from 1 to 600"},
        WrongAgentKey{"handshake_timeout = 601",
                      "handshake_timeout: must be a whole number from 1 to 600"},
        WrongAgentKey{"handshake_timeout = 5.0",
                      "handshake_timeout: must be a whole number from 1 to 600"},
        WrongAgentKey{"first_byte_timeout = 0",
                      "first_byte_timeout: must be a whole number from 1 to 600"},
        WrongAgentKey{"request_timeout = 9223372036854775807",
                      "request_timeout: must be a whole number from 1 to 600"},
        WrongAgentKey{"request_timeout = 07:32:00",
                      "request_timeout: must be a whole number from 1 to 600"},
        WrongAgentKey{"max_handshakes = 0",
                      "max_handshakes: must be a whole number from 1 to 1000000"},
        WrongAgentKey{"max_handshakes = 1000001",
                      "max_handshakes: must be a whole number from 1 to 1000000"},
        WrongAgentKey{"max_handshakes = \"many\"",
                      "max_handshakes: must be a whole number from 1 to 1000000"},
        WrongAgentKey{"max_queued = -1", "max_queued: must be a whole number from 0 to 1000000"},
        WrongAgentKey{"max_handshakes_per_uid = 0",
                      "max_handshakes_per_uid: must be a whole number from 1 to 1000000"},
        WrongAgentKey{"max_handshakes_per_address = 0",
                      "max_handshakes_per_address: must be a whole number from 1 to 1000000"},
        WrongAgentKey{"max_connections = 0",
                      "max_connections: must be a whole number from 1 to 1000000"},
        WrongAgentKey{"max_connections_per_uid = 0",
                      "max_connections_per_uid: must be a whole number from 1 to 1000000"},
        WrongAgentKey{"watch_files = 1", "watch_files: must be true or false"},
        WrongAgentKey{"default_action = true", "default_action: must be a string"},
        WrongAgentKey{"socket = 1", "socket: must be an absolute path"},
        WrongAgentKey{"socket = \"\"", "socket: must be an absolute path"},
        WrongAgentKey{"socket = \"agent.sock\"", "socket: must be an absolute path"},
        WrongAgentKey{"socket = \"credential:x\"", "socket: must be an absolute path"},
        WrongAgentKey{"network_namespaces = [\"blue\"]",
                      "network_namespaces: must be an absolute path"},
        WrongAgentKey{"network_namespaces = [1]", "network_namespaces: must be an absolute path"},
        WrongAgentKey{"network_namespaces = [[\"/a\"]]",
                      "network_namespaces: must be an absolute path"},
        WrongAgentKey{"network_namespaces = [\"/a\\u0000b\"]",
                      "network_namespaces: must be an absolute path"},
        WrongAgentKey{"network_namespaces = [\"/a\", \"/b\", \"/a\"]",
                      "network_namespaces: \"/a\" is given twice"},
        WrongAgentKey{"worker = 1", "worker: unknown key; is it workers?"},
        WrongAgentKey{"Workers = 1", "Workers: unknown key; is it workers?"}));

TEST(Agent, ServesNetworkNamespaces) {
  const auto spaces =
      agent_of(agent("network_namespaces = [\"/run/netns/blue\",\n\"/run/netns/red\"]"))
          .network_namespaces;

  ASSERT_EQ(spaces.size(), 2U);
  EXPECT_EQ(spaces[0].path, "/run/netns/blue");
  EXPECT_EQ(spaces[0].where, "f:2");
  EXPECT_EQ(spaces[1].path, "/run/netns/red");
  EXPECT_EQ(spaces[1].where, "f:3");
  EXPECT_TRUE(agent_of(agent("network_namespaces = []")).network_namespaces.empty());
  EXPECT_EQ(agent_of(agent("network_namespaces = \"/a\"")).network_namespaces.size(), 1U);
}

TEST(Agent, ServesSoManyNetworkNamespaces) {
  std::string list;
  for (std::size_t i = 0; i < max_network_namespaces; ++i)
    list += fmt::format("\"/run/netns/{}\", ", i);

  EXPECT_EQ(agent_of(agent("network_namespaces = [" + list + "]")).network_namespaces.size(),
            max_network_namespaces);
  EXPECT_EQ(problems(agent("network_namespaces = [" + list + "\"/one/more\"]")),
            "f:2: agent.network_namespaces: must be one value, or a list of 1 to 64");
}

TEST(Agent, TakesTheNameOfAtTls) {
  EXPECT_EQ(agent_of(agent("HandshakeTimeout = 4")).first_byte_timeout, seconds(4));
}

TEST(Agent, IsThereOnce) {
  EXPECT_EQ(test::problems({{"a", "\n[agent]"}, {"b", "[agent]"}}),
            test::Lines{"b:1: agent: there is an [agent] already, in a:2"});
  EXPECT_EQ(problems("agent = 1"), "f:1: agent: must be a table: [agent]");
  EXPECT_EQ(problems("[[agent]]"), "f:1: agent: must be a table: [agent]");
}

} // namespace
} // namespace ktls::policy
