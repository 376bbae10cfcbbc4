// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_view.hpp"

#include <gtest/gtest.h>
#include <linux/tls.h>

#include "broker/fake_mapper.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;

class SessionViewTest : public testing::Test {
protected:
  SessionViewTest() {
    terms.role = ipc::HandshakeRole::ServerWithClientAuth;
    terms.rule = "web";
    terms.profile = "staff";
    terms.generation = 3;
    terms.protocol = "TLS 1.3";
    terms.cipher = "TLS_AES_128_GCM_SHA256";
    terms.group = "x25519";
    terms.signature = "ed25519";
    terms.server_name = "a.example.org";
    terms.alpn = "h2";
    terms.authenticated = true;
    terms.uid = 1000;
    terms.unit = "web.service";
    session.cookie = 42;
    session.addresses.local = IpAddress::parse("192.0.2.1")->with_port(443);
    session.addresses.remote = IpAddress::parse("2001:db8::7")->with_port(50000);
    session.peer =
        std::make_shared<const Peer>(Peer{"CN=alice", "CN=ca", {{std::byte{'a'}, std::byte{'b'}}}});
    session.user = std::make_shared<const MappedUser>(test::alice());
    session.pid = 17;
    session.began = std::chrono::system_clock::time_point(5s + 7us);
  }
  Session made() {
    session.terms = std::make_shared<const SessionTerms>(terms);
    return session;
  }
  bool finds(const bus::SessionFilter& filter) {
    const auto wanted = wanted_by(filter);
    EXPECT_TRUE(wanted) << wanted.error().text;
    return wanted && (*wanted)(made());
  }

  SessionTerms terms;
  Session session;
};

TEST_F(SessionViewTest, ShowsARow) {
  const auto row = row_of(made());

  EXPECT_EQ(row.id, 42U);
  EXPECT_EQ(row.origin, "application");
  EXPECT_EQ(row.state, "open");
  EXPECT_EQ(row.role, "server-with-client-auth");
  EXPECT_EQ(row.local, "192.0.2.1:443");
  EXPECT_EQ(row.remote, "[2001:db8::7]:50000");
  EXPECT_EQ(row.protocol, "TLS 1.3");
  EXPECT_EQ(row.cipher, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(row.peer, "CN=alice");
  EXPECT_EQ(row.user, "alice");
  EXPECT_EQ(row.rule, "web");
  EXPECT_EQ(row.profile, "staff");
  EXPECT_EQ(row.uid, 1000U);
  EXPECT_EQ(row.pid, 17U);
  EXPECT_EQ(row.began_us, 5'000'007U);
}

TEST_F(SessionViewTest, ShowsWhatTheKernelHas) {
  terms.origin = policy::Origin::Kernel;
  terms.uid.reset();
  session.pid = 0;
  session.recovered = true;

  const auto row = row_of(made());

  EXPECT_EQ(row.origin, "kernel");
  EXPECT_EQ(row.state, "recovered");
  EXPECT_EQ(row.uid, bus::no_owner);
}

TEST_F(SessionViewTest, ShowsAllThatIsKnown) {
  const auto details = details_of(made());

  EXPECT_EQ(details.row.id, 42U);
  EXPECT_EQ(details.peer_subject, "CN=alice");
  EXPECT_EQ(details.peer_issuer, "CN=ca");
  EXPECT_EQ(details.peer_fingerprint,
            "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603"); // of "ab"
  EXPECT_TRUE(details.authenticated);
  EXPECT_EQ(details.group, "x25519");
  EXPECT_EQ(details.signature, "ed25519");
  EXPECT_EQ(details.server_name, "a.example.org");
  EXPECT_EQ(details.alpn, "h2");
  EXPECT_EQ(details.generation, 3U);
  EXPECT_EQ(details.unit, "web.service");
  EXPECT_EQ(details.user_uid, test::alice().uid);
  EXPECT_EQ(details.map_source, test::alice().source);
  EXPECT_EQ(details.map_strength, "strong");
}

TEST_F(SessionViewTest, ShowsAPreSharedKey) {
  session.peer = nullptr;
  session.user = nullptr;
  session.psk_identity = "box";

  const auto details = details_of(made());

  EXPECT_EQ(row_of(made()).peer, "psk:box");
  EXPECT_EQ(details.psk_identity, "box");
  EXPECT_EQ(details.peer_fingerprint, "");
  EXPECT_EQ(details.user_uid, bus::no_owner);
}

TEST_F(SessionViewTest, ShowsWhatOthersHaveSecured) {
  DiagSocket socket;
  socket.connection = {session.addresses.local, session.addresses.remote, 43};
  socket.uid = 33;
  socket.inode = 7;
  socket.tls = DiagTls{TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, TLS_CONF_SW, TLS_CONF_HW};

  const auto foreign = foreign_session(socket);
  auto details = details_of(foreign);
  add_modes(details, *socket.tls);

  EXPECT_EQ(details.row.id, 43U);
  EXPECT_EQ(details.row.origin, "foreign");
  EXPECT_EQ(details.row.role, "");
  EXPECT_EQ(details.row.protocol, "TLS 1.2");
  EXPECT_EQ(details.row.cipher, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(details.row.uid, 33U);
  EXPECT_EQ(details.row.local, "192.0.2.1:443");
  EXPECT_EQ(details.row.began_us, 0U);
  EXPECT_EQ(details.tx_mode, "sw");
  EXPECT_EQ(details.rx_mode, "hw");
}

TEST_F(SessionViewTest, FindsByEachPartOfAFilter) {
  EXPECT_TRUE(finds({}));
  const auto check = [&](auto part, auto good, auto bad) {
    bus::SessionFilter filter;
    filter.*part = good;
    EXPECT_TRUE(finds(filter)) << good;
    filter.*part = bad;
    EXPECT_FALSE(finds(filter)) << bad;
  };
  using Filter = bus::SessionFilter;
  check(&Filter::origin, "application", "kernel");
  check(&Filter::role, "server-with-client-auth", "server");
  check(&Filter::state, "open", "recovered");
  check(&Filter::protocol, "TLS 1.3", "TLS 1.2");
  check(&Filter::cipher, "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384");
  check(&Filter::rule, "web", "we");
  check(&Filter::profile, "staff", "web");
  check(&Filter::user, "alice", "bob");
  check(&Filter::unit, "web.service", "web");
  check(&Filter::local, "192.0.2.0/24", "192.0.3.0/24");
  check(&Filter::remote, "2001:db8::7", "2001:db8::8");
  check(&Filter::local_port, 443, 50000);
  check(&Filter::remote_port, 50000, 443);
  check(&Filter::uid, 1000U, 0U);
  check(&Filter::pid, 17U, 18U);
  check(&Filter::peer, "N=ali", "bob");
  check(&Filter::below_generation, 4U, 3U);
}

TEST_F(SessionViewTest, WantsAllPartsOfAFilter) {
  bus::SessionFilter filter;
  filter.rule = "web";
  filter.profile = "other";

  EXPECT_FALSE(finds(filter));
}

TEST_F(SessionViewTest, RefusesAnAddressThatIsNone) {
  bus::SessionFilter filter;
  filter.remote = "example.org";

  const auto wanted = wanted_by(filter);

  ASSERT_FALSE(wanted);
  EXPECT_EQ(wanted.error().refusal, bus::AgentRefusal::InvalidFilter);
  EXPECT_EQ(wanted.error().text.substr(0, 8), "Remote: ");
}

} // namespace
} // namespace ktls
