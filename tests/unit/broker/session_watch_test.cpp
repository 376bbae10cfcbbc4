// SPDX-License-Identifier: GPL-2.0-or-later
// The registry of sessions, and what ends them, with the kernel of this host.
#include "broker/session_watch.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "broker/descriptor_search.hpp"
#include "broker/session_ender.hpp"
#include "broker/socket_identity.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

Session session_of(int socket) {
  Session session;
  session.addresses = addresses_of(socket);
  session.profile = "p";
  return session;
}

Session numbered(std::uint64_t cookie, std::uint64_t network_namespace) {
  Session session;
  session.cookie = cookie;
  session.network_namespace = network_namespace;
  return session;
}

bool reads_its_end(const Fd& socket) {
  char byte = 0;
  const auto got = ::recv(socket.get(), &byte, 1, 0);
  return got == 0 || (got < 0 && (errno == ECONNABORTED || errno == ECONNRESET));
}

TEST(SessionRegistry, FindsAndForgets) {
  Sessions sessions;
  sessions.add(numbered(1, 7));
  sessions.add(numbered(2, 7));
  sessions.add(numbered(3, 8));

  EXPECT_EQ(sessions.find(2)->cookie, 2U);
  EXPECT_EQ(sessions.find(4), nullptr);
  EXPECT_TRUE(sessions.remove(2));
  EXPECT_FALSE(sessions.remove(2));
  EXPECT_EQ(sessions.select([](const Session& each) { return each.network_namespace == 8; }),
            std::vector<Sessions::Cookie>{3});
}

TEST(SessionRegistry, KeepsThoseOfANamespaceThatAreAlive) {
  Sessions sessions;
  sessions.add(numbered(1, 7));
  sessions.add(numbered(2, 7));
  sessions.add(numbered(3, 8));

  sessions.keep_alive(7, {2});

  EXPECT_EQ(sessions.find(1), nullptr);
  EXPECT_NE(sessions.find(2), nullptr);
  EXPECT_NE(sessions.find(3), nullptr) << "it is in another one";
}

class SessionWatchTest : public testing::Test {
protected:
  void SetUp() override {
    auto sockets = TcpSockets::create();
    if (!sockets && sockets.error().code == std::errc::operation_not_supported)
      GTEST_SKIP() << "this kernel has no sock_diag for TCP";
    ASSERT_TRUE(sockets) << sockets.error().message();
    const auto followed = watch.follow(std::move(*sockets));
    ASSERT_TRUE(followed) << followed.error().message();
  }
  void add() { watch.add(session_of(pair.ours.get()), pair.ours.get()); }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  Sessions sessions;
  SessionWatch watch{loop, sessions};
  test::Pair pair = test::tcp_pair();
};

TEST_F(SessionWatchTest, FollowsASessionToItsEnd) {
  add();
  const auto cookie = socket_cookie(pair.ours.get());
  ASSERT_NE(sessions.find(*cookie), nullptr);
  EXPECT_EQ(sessions.find(*cookie)->inode, *socket_inode(pair.ours.get()));
  pump.until_idle();
  ASSERT_EQ(sessions.size(), 1U);

  pair = test::Pair{};

  pump.until([this] { return sessions.size() == 0; });
}

TEST_F(SessionWatchTest, TakesInNothingWhoseEndItWouldNotSee) {
  SessionWatch blind(loop, sessions);
  blind.add(session_of(pair.ours.get()), pair.ours.get());

  EXPECT_EQ(sessions.size(), 0U);
}

TEST_F(SessionWatchTest, EndsASession) {
  add();
  SessionEnder ender(watch, [] { return ::geteuid() == 0; });
  if (!ender.is_able())
    GTEST_SKIP() << "neither the kernel nor this user may end sessions";
  const auto* session = sessions.find(*socket_cookie(pair.ours.get()));

  EXPECT_EQ(ender.end({session}), std::set<std::uint64_t>{session->cookie});

  EXPECT_TRUE(reads_its_end(pair.ours));
  EXPECT_TRUE(reads_its_end(pair.peers));
}

TEST_F(SessionWatchTest, EndsNothingThatItMayNot) {
  SessionWatch blind(loop, sessions);
  SessionEnder ender(blind, [] { return false; });
  Session session = session_of(pair.ours.get());
  session.cookie = *socket_cookie(pair.ours.get());
  session.inode = *socket_inode(pair.ours.get());

  EXPECT_FALSE(ender.is_able());
  EXPECT_TRUE(ender.end({&session}).empty());
}

// The socket is open in another process, and not here.
TEST(DescriptorSearch, ShutsDownASocketOfAnotherProcess) {
  auto pair = test::tcp_pair();
  const auto inode = *socket_inode(pair.ours.get());
  const auto cookie = *socket_cookie(pair.ours.get());
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  pair.ours = Fd();

  EXPECT_TRUE(shut_down_in_other_processes({{inode, cookie + 1}}).empty()) << "it is another one";
  const auto found = shut_down_in_other_processes({{inode, cookie}});

  if (found.empty() && ::geteuid() != 0)
    GTEST_SKIP() << "this user may not see into other processes";
  EXPECT_EQ(found, std::set<std::uint64_t>{cookie});
  EXPECT_TRUE(reads_its_end(pair.peers));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

} // namespace
} // namespace ktls
