// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <set>

#include "broker/session_samples.hpp"

namespace ktls {
namespace {

// The descriptor store of a service manager.
class FakeManager {
public:
  SessionStore::Keeper keeper() {
    return {[this](const std::string& name, int fd) {
              if (keeps)
                kept.push_back({name, Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0))});
              return keeps;
            },
            [this](const std::string& name) {
              std::erase_if(kept, [&](const Inherited& held) { return held.name == name; });
            }};
  }
  // What the next process is given.
  [[nodiscard]] std::vector<Inherited> hand_over() const {
    std::vector<Inherited> out;
    for (const auto& held : kept)
      out.push_back({held.name, Fd(::fcntl(held.fd.get(), F_DUPFD_CLOEXEC, 0))});
    return out;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& held : kept)
      out.push_back(held.name);
    return out;
  }

  std::vector<Inherited> kept;
  bool keeps = true;
};

using CookieSet = std::set<std::uint64_t>;
CookieSet cookies_of(const std::vector<Session>& sessions) {
  CookieSet out;
  for (const auto& session : sessions)
    out.insert(session.cookie);
  return out;
}

class SessionStoreTest : public testing::Test {
protected:
  SessionStoreTest() {
    EXPECT_TRUE(store.begin({}).empty());
    store.forget_earlier();
  }
  // What comes next knows of.
  CookieSet handed_over() {
    SessionStore next({[](const std::string&, int) { return false; }, [](const std::string&) {}});
    return cookies_of(next.begin(manager.hand_over()));
  }

  FakeManager manager;
  SessionStore store{manager.keeper()};
  Session session = test::sample_session(1); // others share its terms, its peer and its user
  Session numbered(std::uint64_t cookie) {
    auto out = session;
    out.cookie = cookie;
    return out;
  }
};

TEST_F(SessionStoreTest, HandsOverThoseThatAreOpen) {
  for (std::uint64_t cookie = 1; cookie <= 5; ++cookie)
    store.add(numbered(cookie));
  store.remove(2);
  store.remove(4);
  store.remove(4);

  EXPECT_EQ(handed_over(), (CookieSet{1, 3, 5}));
}

TEST_F(SessionStoreTest, HandsOverAllOfASession) {
  store.add(session);
  SessionStore next(manager.keeper());

  const auto read = next.begin(manager.hand_over());

  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(*read[0].terms, *session.terms);
  EXPECT_EQ(*read[0].peer, *session.peer);
  EXPECT_EQ(*read[0].user, *session.user);
}

TEST_F(SessionStoreTest, WritesWhatIsSharedOnce) {
  store.add(numbered(1));
  const auto with_one = store.size();
  store.add(numbered(2));
  const auto with_two = store.size();
  store.add(numbered(3));

  EXPECT_LT(with_two - with_one, with_one / 2);
  EXPECT_EQ(store.size() - with_two, with_two - with_one);
}

TEST_F(SessionStoreTest, WritesAgainWhatIsSharedAgain) {
  store.add(numbered(1));
  store.remove(1);
  store.add(numbered(2));

  EXPECT_EQ(handed_over(), (CookieSet{2}));
}

TEST_F(SessionStoreTest, ReplacesOneOfTheSameCookie) {
  store.add(session);
  auto later = session;
  later.terms = std::make_shared<const SessionTerms>();
  store.add(later);
  SessionStore next(manager.keeper());

  const auto read = next.begin(manager.hand_over());

  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].terms->rule, "");
}

TEST_F(SessionStoreTest, DoesNotGrowWithWhatHasEnded) {
  store.add(numbered(1));
  for (std::uint64_t cookie = 2; cookie < 100'000; ++cookie) {
    store.add(numbered(cookie));
    store.remove(cookie);
  }
  store.add(numbered(100'000));

  EXPECT_LE(store.size(), SessionStore::least_copied + 4096);
  EXPECT_EQ(handed_over(), (CookieSet{1, 100'000}));
  EXPECT_EQ(manager.kept.size(), 1U);
}

TEST_F(SessionStoreTest, KeepsOneMemoryUnderANewName) {
  const auto before = manager.names();
  store.add(session);
  SessionStore next(manager.keeper());

  (void)next.begin(manager.hand_over());
  EXPECT_EQ(manager.kept.size(), 2U)
      << "the earlier one stays while its sessions are not taken over";
  next.forget_earlier();

  EXPECT_EQ(before, std::vector<std::string>{"sessions-1"});
  EXPECT_EQ(manager.names(), std::vector<std::string>{"sessions-2"});
}

TEST_F(SessionStoreTest, TakesOverFromTwoThatWereCutOff) {
  store.add(numbered(1));
  SessionStore next(manager.keeper());
  for (const auto& each : next.begin(manager.hand_over()))
    next.add(each);
  next.add(numbered(2)); // and ends before it has forgotten the first

  EXPECT_EQ(handed_over(), (CookieSet{1, 2}));
}

TEST_F(SessionStoreTest, WritesNothingThatNobodyKeeps) {
  manager.keeps = false;
  SessionStore alone(manager.keeper());
  (void)alone.begin({});

  alone.add(session);
  alone.remove(1);

  EXPECT_EQ(alone.size(), 0U);
}

TEST_F(SessionStoreTest, TakesNothingFromWhatIsNoMemory) {
  std::vector<Inherited> others;
  others.push_back({"sessions-x", Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))});
  SessionStore next(manager.keeper());

  EXPECT_TRUE(next.begin(others).empty());
  next.add(session);

  EXPECT_EQ(handed_over(), (CookieSet{1}));
}

} // namespace
} // namespace ktls
