// SPDX-License-Identifier: GPL-2.0-or-later
// The registry of sessions, and what ends them, with the kernel of this host.
#include "broker/session_watch.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/sandbox.hpp"
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

TEST(SessionRegistry, TellsWhatBeginsAndHowItEnds) {
  Sessions sessions;
  std::vector<std::string> told;
  sessions.observe(
      {[&](const Session& begun) { told.push_back(fmt::format("{} +", begun.cookie)); },
       [&](const Session& ended, SessionEnd how) {
         told.push_back(fmt::format("{} {}", ended.cookie, name_of(how)));
       }});
  for (Sessions::Cookie cookie = 1; cookie <= 3; ++cookie)
    sessions.add(numbered(cookie, 7));
  sessions.expect_end(1, SessionEnd::Revoked);
  sessions.expect_end(2, SessionEnd::Terminated);
  sessions.expect_end(2, SessionEnd::Closed);

  sessions.remove(1);
  sessions.remove(1);
  sessions.remove(2);
  sessions.keep_alive(7, {});

  EXPECT_EQ(told,
            (std::vector<std::string>{"1 +", "2 +", "3 +", "1 revoked", "2 closed", "3 closed"}));
}

TEST(SessionRegistry, ForgetsWhatWasExpectedOfAnEarlierOne) {
  Sessions sessions;
  std::vector<SessionEnd> ends;
  sessions.observe(
      {[](const Session&) {}, [&](const Session&, SessionEnd how) { ends.push_back(how); }});
  sessions.add(numbered(1, 7));
  sessions.expect_end(1, SessionEnd::Revoked);

  sessions.add(numbered(1, 7));
  sessions.remove(1);

  EXPECT_EQ(ends, std::vector<SessionEnd>{SessionEnd::Closed});
}

TEST(SessionRegistry, ComesInPages) {
  Sessions sessions;
  for (Sessions::Cookie cookie = 1; cookie <= 5; ++cookie)
    sessions.add(numbered(cookie, cookie % 2));
  const auto page = [&](Sessions::Cookie after, std::size_t limit) {
    std::vector<Sessions::Cookie> out;
    for (const auto* found : sessions.page(
             after, limit, [](const Session& each) { return each.network_namespace == 1; }))
      out.push_back(found->cookie);
    return out;
  };

  EXPECT_EQ(page(0, 2), (std::vector<Sessions::Cookie>{1, 3}));
  EXPECT_EQ(page(3, 2), std::vector<Sessions::Cookie>{5});
  EXPECT_TRUE(page(5, 2).empty());
}

TEST(SessionRegistry, KeepsWhatSessionsShareOnce) {
  Sessions sessions;
  for (Sessions::Cookie cookie = 1; cookie <= 2; ++cookie) {
    auto session = numbered(cookie, 7);
    session.peer = std::make_shared<const Peer>(Peer{"CN=a", "CN=b", {}});
    sessions.add(std::move(session));
  }

  EXPECT_EQ(sessions.find(1)->peer, sessions.find(2)->peer);
  EXPECT_EQ(sessions.find(1)->terms, sessions.find(2)->terms);
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

TEST_F(SessionWatchTest, TakesOverWhatIsStillOpen) {
  std::vector<Sessions::Cookie> ended;
  sessions.observe({[](const Session&) {},
                    [&](const Session& session, SessionEnd) { ended.push_back(session.cookie); }});
  const auto cookie = *socket_cookie(pair.ours.get());
  const auto space = *network_namespace_cookie(pair.ours.get());

  watch.restore({numbered(cookie, space), numbered(cookie + 1'000'000, space),
                 numbered(cookie + 1'000'001, space + 1)});

  EXPECT_EQ(sessions.size(), 1U);
  EXPECT_NE(sessions.find(cookie), nullptr);
  EXPECT_EQ(ended, std::vector<Sessions::Cookie>{cookie + 1'000'000})
      << "it ended meanwhile; the third is of a namespace that is not followed";
  pump.until_idle();
  pair = test::Pair{};
  pump.until([&] { return sessions.size() == 0; });
}

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

// A process of this user that has copies of all our descriptors.
class Holder {
public:
  explicit Holder(uid_t user) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    const Fd ready(ends[0]);
    Fd tell(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (user != ::getuid() && ::setresuid(user, user, user) != 0)
        ::_exit(1);
      (void)!::write(tell.get(), "", 1);
      ::pause();
      ::_exit(0);
    }
    tell.reset();
    char byte = 0;
    EXPECT_EQ(::read(ready.get(), &byte, 1), 1);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

private:
  pid_t pid_ = -1;
};

// The socket is open in another process, and not here.
TEST(DescriptorSearch, ShutsDownASocketOfAnotherProcess) {
  auto pair = test::tcp_pair();
  const auto inode = *socket_inode(pair.ours.get());
  const auto cookie = *socket_cookie(pair.ours.get());
  const Holder holder(::getuid());
  pair.ours = Fd();

  EXPECT_TRUE(shut_down_in_other_processes({{inode, cookie + 1}}).empty()) << "it is another one";
  const auto found = shut_down_in_other_processes({{inode, cookie}});

  if (found.empty() && ::geteuid() != 0)
    GTEST_SKIP() << "this user may not see into other processes";
  EXPECT_EQ(found, std::set<std::uint64_t>{cookie});
  EXPECT_TRUE(reads_its_end(pair.peers));
}

// With no more capabilities than an agent has for it.
TEST(DescriptorSearch, SeesIntoOtherUsersProcessesByTwoCapabilities) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "this test is for root";
  constexpr uid_t agent = 65533;
  constexpr uid_t other = 65534;
  auto pair = test::tcp_pair();
  const auto inode = *socket_inode(pair.ours.get());
  const auto cookie = *socket_cookie(pair.ours.get());
  const Holder holder(other);
  pair.ours = Fd();

  const pid_t searcher = ::fork();
  if (searcher == 0) {
    constexpr std::array kept{CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};
    (void)::prctl(PR_SET_KEEPCAPS, 1);
    if (::setresuid(agent, agent, agent) != 0 || !keep_capabilities(kept))
      ::_exit(2);
    ::_exit(shut_down_in_other_processes({{inode, cookie}}).contains(cookie) ? 0 : 1);
  }
  int status = -1;
  ::waitpid(searcher, &status, 0);

  EXPECT_EQ(status, 0) << "exit status " << WEXITSTATUS(status);
  EXPECT_TRUE(reads_its_end(pair.peers));
}

} // namespace
} // namespace ktls
