// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/verdict_cache.hpp"

#include <gtest/gtest.h>

#include "tls/parties.hpp"
#include "tls/session.hpp"

namespace ktls::tls {
namespace {

using namespace std::chrono_literals;
using Chain = std::vector<std::span<const std::byte>>;

const Clock::time_point now = Clock::from_time_t(1'000'000'000);
const std::string leaf = "a certificate";
const std::string other_leaf = "another one";

std::span<const std::byte> view(const std::string& text) {
  return std::as_bytes(std::span(text));
}
VerdictCache::Key key(const Chain& chain = {view(leaf)}, std::string_view name = "host") {
  return VerdictCache::key_of(chain, name).value();
}
Verdict good_verdict(Clock::time_point expires = now + 1h) {
  Verdict verdict;
  verdict.reason = Reason::Success;
  verdict.authenticated = true;
  verdict.subject = "CN=alice";
  verdict.expires = Clock::to_time_t(expires);
  return verdict;
}

TEST(VerdictCache, KnowsAPeerForAWhile) {
  VerdictCache cache;
  cache.remember(key(), good_verdict(), now);

  ASSERT_TRUE(cache.find(key(), now));
  EXPECT_EQ(cache.find(key(), now)->subject, "CN=alice");
  EXPECT_TRUE(cache.find(key(), now)->authenticated);
  EXPECT_TRUE(cache.find(key(), now + VerdictCache::life - 1ns));
  EXPECT_FALSE(cache.find(key(), now + VerdictCache::life));
}

TEST(VerdictCache, KnowsNobodyElse) {
  VerdictCache cache;
  cache.remember(key({view(leaf), view(other_leaf)}), good_verdict(), now);

  EXPECT_FALSE(cache.find(key({view(leaf)}), now));
  EXPECT_FALSE(cache.find(key({view(other_leaf), view(leaf)}), now));
  EXPECT_FALSE(cache.find(key({view(leaf), view(other_leaf)}, "elsewhere"), now));
  const std::string joined = leaf + other_leaf;
  EXPECT_FALSE(cache.find(key({view(joined)}), now));
}

TEST(VerdictCache, ForgetsAPeerWhoseCertificateExpires) {
  VerdictCache cache;
  cache.remember(key(), good_verdict(now + 2s), now);

  EXPECT_TRUE(cache.find(key(), now + 1s));
  EXPECT_FALSE(cache.find(key(), now + 2s));
}

TEST(VerdictCache, TrustsNoClockThatWasSetBack) {
  VerdictCache cache;
  cache.remember(key(), good_verdict(), now);

  EXPECT_FALSE(cache.find(key(), now - 1s));
}

TEST(VerdictCache, RemembersOnlyWhatIsGood) {
  VerdictCache cache;
  auto bad = good_verdict();
  bad.reason = Reason::CertificateExpired;
  auto nobody = good_verdict();
  nobody.authenticated = false;
  cache.remember(key(), bad, now);
  cache.remember(key(), nobody, now);
  cache.remember(key(), good_verdict(now), now);

  EXPECT_FALSE(cache.find(key(), now));
}

TEST(VerdictCache, IsBounded) {
  VerdictCache cache;
  for (std::size_t i = 0; i <= VerdictCache::max_entries; ++i)
    cache.remember(key({view(leaf)}, std::to_string(i)), good_verdict(), now);

  EXPECT_FALSE(cache.find(key({view(leaf)}, "0"), now)) << "the old ones went";
  EXPECT_TRUE(cache.find(key({view(leaf)}, std::to_string(VerdictCache::max_entries)), now));
}

// Through a session: the second handshake is judged from memory, and as strictly.
TEST(VerdictCache, ServesTheNextHandshakeOfTheSamePeer) {
  const auto first = test::unix_pair();
  const auto second = test::unix_pair();
  test::Party server(first.peers.get(), test::asking_server());
  test::Party client(first.ours.get(), test::client("client"));
  const auto shake = [&] {
    for (int i = 0; i < 10; ++i) {
      (void)client.advance();
      (void)server.advance();
    }
  };
  shake();
  server.again(second.peers.get());
  client.again(second.ours.get());

  shake();

  ASSERT_EQ(server.step, Session::Step::Complete) << server.detail();
  EXPECT_TRUE(server->peer_authenticated());
  EXPECT_EQ(server->peer_subject(), "CN=client,O=Tests");
  EXPECT_EQ(client.signer.asked, 2) << "the key is proved each time";
}

// The same chain, without its key: what is remembered is no proof.
TEST(VerdictCache, DoesNotHelpWhoHasNotTheKey) {
  const auto first = test::unix_pair();
  const auto second = test::unix_pair();
  test::Party server(first.peers.get(), test::asking_server());
  test::Party client(first.ours.get(), test::client("client"));
  auto thief_options = test::client("client");
  thief_options.key = "p384";
  test::Party thief(second.ours.get(), thief_options);
  for (int i = 0; i < 10; ++i) {
    (void)client.advance();
    (void)server.advance();
  }
  ASSERT_EQ(server.step, Session::Step::Complete) << server.detail();
  server.again(second.peers.get());

  for (int i = 0; i < 10; ++i) {
    (void)thief.advance();
    (void)server.advance();
  }

  EXPECT_EQ(server.step, Session::Step::Failed);
  EXPECT_FALSE(server->peer_authenticated());
}

} // namespace
} // namespace ktls::tls
