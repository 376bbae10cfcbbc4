// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/agent1_codec.hpp"

#include <gtest/gtest.h>

namespace ktls::bus {
namespace {

SessionDetails all_details() {
  SessionDetails details;
  details.row = {7,
                 "application",
                 "open",
                 "client",
                 "192.0.2.1:5",
                 "192.0.2.2:6",
                 "TLS 1.3",
                 "AES-GCM",
                 "",
                 "bob",
                 "rule",
                 "profile",
                 1000,
                 42,
                 123456};
  details.peer_subject = "CN=peer";
  details.peer_issuer = "CN=ca";
  details.peer_fingerprint = "00ff";
  details.psk_identity = "id";
  details.authenticated = true;
  details.network_namespace = "/run/netns/a";
  details.group = "X25519";
  details.signature = "ECDSA";
  details.server_name = "example.org";
  details.alpn = "h2";
  details.resumed = true;
  details.key_logged = true;
  details.generation = 3;
  details.unit = "a.service";
  details.user_uid = 1001;
  details.map_source = "pin";
  details.map_rule = "pins:1";
  details.map_strength = "strong";
  details.tx_mode = "sw";
  details.rx_mode = "hw";
  details.rekeys = 2;
  return details;
}

std::string problem_of(const Dictionary& filter) {
  const auto read = filter_from(filter);
  return read ? "" : read.error();
}

Dictionary one_key(const char* key, const std::string& text) {
  return {{key, sdbus::Variant(text)}};
}

TEST(Agent1, KnowsItsErrorsByName) {
  EXPECT_EQ(error_name(AgentRefusal::NotASocket), "org.ktlsctl.Agent1.Error.NotASocket");
  EXPECT_EQ(agent_refusal_of("org.ktlsctl.Agent1.Error.Busy"), AgentRefusal::Busy);
  EXPECT_FALSE(agent_refusal_of("org.ktlsctl.Agent1.Error.Other"));
  EXPECT_FALSE(agent_refusal_of("org.freedesktop.DBus.Error.Busy"));
  EXPECT_EQ(name_of(Action::Revalidate), "org.ktlsctl.agent1.revalidate");
}

TEST(Agent1Codec, KeepsADetailedSession) {
  const auto dictionary = to_bus(all_details());
  const auto again = details_from(dictionary);

  EXPECT_EQ(dictionary.size(), 35U);
  EXPECT_EQ(to_bus(again.row), to_bus(all_details().row));
  EXPECT_EQ(again.peer_subject, "CN=peer");
  EXPECT_EQ(again.peer_issuer, "CN=ca");
  EXPECT_EQ(again.peer_fingerprint, "00ff");
  EXPECT_EQ(again.psk_identity, "id");
  EXPECT_TRUE(again.authenticated);
  EXPECT_EQ(again.network_namespace, "/run/netns/a");
  EXPECT_EQ(again.group, "X25519");
  EXPECT_EQ(again.signature, "ECDSA");
  EXPECT_EQ(again.server_name, "example.org");
  EXPECT_EQ(again.alpn, "h2");
  EXPECT_TRUE(again.resumed);
  EXPECT_TRUE(again.key_logged);
  EXPECT_EQ(again.generation, 3U);
  EXPECT_EQ(again.unit, "a.service");
  EXPECT_EQ(again.user_uid, 1001U);
  EXPECT_EQ(again.map_source, "pin");
  EXPECT_EQ(again.map_rule, "pins:1");
  EXPECT_EQ(again.map_strength, "strong");
  EXPECT_EQ(again.tx_mode, "sw");
  EXPECT_EQ(again.rx_mode, "hw");
  EXPECT_EQ(again.rekeys, 2U);
}

TEST(Agent1Codec, PassesOverDetailsOfAnotherType) {
  const auto details = details_from({{"Id", sdbus::Variant(std::string("7"))},
                                     {"Unit", sdbus::Variant(std::string("a.service"))},
                                     {"New", sdbus::Variant(true)}});

  EXPECT_EQ(details.row.id, 0U);
  EXPECT_EQ(details.unit, "a.service");
}

TEST(Agent1Codec, KeepsARow) {
  const auto row = all_details().row;

  const auto again = from_bus(std::vector{to_bus(row)});

  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].id, 7U);
  EXPECT_EQ(again[0].remote, "192.0.2.2:6");
  EXPECT_EQ(again[0].profile, "profile");
  EXPECT_EQ(again[0].uid, 1000U);
  EXPECT_EQ(again[0].began_us, 123456U);
}

TEST(Agent1Codec, KeepsWhatElseIsListed) {
  const Sample sample{"ktlsctl_sessions", {{"role", "client"}}, 2.5};
  const CredentialRow credential{"n", "f", "p", "s", "i", "h", "k", -1, 2};
  const NotEnded session{4, {AgentRefusal::NoSuchSession, "why"}};

  EXPECT_EQ(to_bus(from_bus(to_bus(sample))), to_bus(sample));
  EXPECT_EQ(to_bus(from_bus(to_bus(credential))), to_bus(credential));
  EXPECT_EQ(to_bus(from_bus(to_bus(session))), to_bus(session));
  EXPECT_EQ(from_bus(to_bus(session)).why.refusal, AgentRefusal::NoSuchSession);
}

TEST(Agent1Codec, LeavesOutWhatIsNotKnownOfAFailure) {
  FailedHandshake handshake;
  EXPECT_TRUE(to_bus(handshake).empty());
  handshake.uid = 0;
  handshake.pid = 7;
  handshake.peer = "CN=x";

  const auto again = failed_handshake_from(to_bus(handshake));

  EXPECT_EQ(to_bus(handshake).size(), 3U);
  EXPECT_EQ(again.uid, 0U);
  EXPECT_EQ(again.pid, 7U);
  EXPECT_EQ(again.peer, "CN=x");
  EXPECT_EQ(again.user, "");
}

TEST(Agent1Codec, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(bus_text("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(bus_text("a\xff"), "a\\xff");
  EXPECT_EQ(bus_text(std::string(2000, '\xff')).size(), 8000U);
}

TEST(FilterFrom, KeepsAFilter) {
  SessionFilter filter;
  filter.origin = "foreign";
  filter.role = "";
  filter.state = "recovered";
  filter.local = "192.0.2.0/24";
  filter.remote = "2001:db8::1";
  filter.remote_port = 443;
  filter.uid = 1000;
  filter.pid = 1;
  filter.peer = "CN=";
  filter.below_generation = 9;

  const auto again = filter_from(to_bus(filter));

  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->origin, "foreign");
  EXPECT_EQ(again->role, "");
  EXPECT_EQ(again->state, "recovered");
  EXPECT_EQ(again->local, "192.0.2.0/24");
  EXPECT_EQ(again->remote, "2001:db8::1");
  EXPECT_EQ(again->remote_port, 443);
  EXPECT_FALSE(again->local_port);
  EXPECT_EQ(again->uid, 1000U);
  EXPECT_EQ(again->pid, 1U);
  EXPECT_EQ(again->peer, "CN=");
  EXPECT_EQ(again->below_generation, 9U);
  EXPECT_FALSE(again->user);
}

TEST(FilterFrom, NamesTheKeyThatIsWrong) {
  EXPECT_EQ(problem_of(one_key("Colour\n", "x")), "there is no key Colour\\x0a");
  EXPECT_EQ(problem_of(one_key("Uid", "1000")), "Uid is not of type u");
  EXPECT_EQ(problem_of(one_key("LocalPort", "443")), "LocalPort is not of type q");
  EXPECT_EQ(problem_of({{"Rule", sdbus::Variant(true)}}), "Rule is not of type s");
  EXPECT_EQ(problem_of(one_key("Origin", "moon")), "Origin cannot be moon");
  EXPECT_EQ(problem_of(one_key("State", "")), "State cannot be ");
  EXPECT_EQ(problem_of(one_key("Role", "peer")), "Role cannot be peer");
  EXPECT_EQ(problem_of(one_key("Peer", std::string(max_filter_text + 1, 'x'))),
            "Peer has more than 1024 bytes");
}

TEST(FilterFrom, KnowsAddressesAndPrefixes) {
  for (const char* good : {"192.0.2.1", "192.0.2.0/0", "192.0.2.0/32", "2001:db8::/128"})
    EXPECT_EQ(problem_of(one_key("Local", good)), "") << good;
  for (const char* bad : {"", "host", "192.0.2.1:80", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1",
                          "192.0.2.0/1x", "2001:db8::/129", "/24", "192.0.2.0/24/24"})
    EXPECT_NE(problem_of(one_key("Remote", bad)).find("Remote is neither"), std::string::npos)
        << bad;
}

TEST(FilterFrom, BoundsTheNumberOfKeys) {
  Dictionary many;
  for (std::size_t i = 0; i <= max_filter; ++i)
    many.emplace("Key" + std::to_string(i), sdbus::Variant(std::uint32_t{1}));

  EXPECT_EQ(problem_of(many), "it has more than 16 keys");
}

TEST(QuestionFrom, KeepsAQuestion) {
  PolicyQuestion question;
  question.direction = "out";
  question.local_port = 2049;
  question.gid = 5;
  question.groups = {5, 6};
  question.server_name = "example.org";

  const auto again = question_from(to_bus(question));

  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->direction, "out");
  EXPECT_EQ(again->local_port, 2049);
  EXPECT_EQ(again->gid, 5U);
  EXPECT_EQ(again->groups, question.groups);
  EXPECT_EQ(again->server_name, "example.org");
  EXPECT_FALSE(again->unit);
}

TEST(QuestionFrom, NamesTheKeyThatIsWrong) {
  EXPECT_EQ(question_from(one_key("Groups", "5")).error(), "Groups is not of type au");
  EXPECT_EQ(question_from(one_key("Peer", "x")).error(), "there is no key Peer");
}

TEST(InteractiveIn, KnowsItsOneOption) {
  EXPECT_EQ(interactive_in({}).value(), false);
  EXPECT_EQ(interactive_in(options_of(false)).value(), false);
  EXPECT_EQ(interactive_in(options_of(true)).value(), true);
  EXPECT_EQ(interactive_in(one_key("Interactive", "yes")).error(), "Interactive is not of type b");
  EXPECT_EQ(interactive_in(one_key("Force", "")).error(), "there is no key Force");
}

} // namespace
} // namespace ktls::bus
