// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "broker/session_samples.hpp"
#include "broker/session_view.hpp"

namespace ktls {
namespace {

class SessionPageTest : public testing::Test {
protected:
  SessionPageTest() {
    for (const std::uint64_t cookie : {2U, 4U, 6U, 8U})
      sessions.add(test::sample_session(cookie));
    for (const std::uint64_t cookie : {1U, 5U, 9U}) {
      DiagSocket socket;
      socket.connection.cookie = cookie;
      socket.uid = 0;
      foreign.push_back(foreign_session(socket));
    }
  }

  bus::SessionPage page(const PageQuestion& question) {
    return page_of(
               sessions,
               [this]() -> const auto& {
                 ++asked;
                 return foreign;
               },
               question)
        .value();
  }
  static std::vector<std::uint64_t> ids(const bus::SessionPage& page) {
    std::vector<std::uint64_t> out;
    for (const auto& row : page.sessions)
      out.push_back(row.id);
    return out;
  }
  using Ids = std::vector<std::uint64_t>;

  Sessions sessions;
  std::vector<Session> foreign;
  int asked = 0;
};

TEST_F(SessionPageTest, HasThoseOfOthersAmongOurs) {
  const auto all = page({});

  EXPECT_EQ(ids(all), (Ids{1, 2, 4, 5, 6, 8, 9}));
  EXPECT_EQ(all.next, 0U);
}

TEST_F(SessionPageTest, TellsWhereTheNextBegins) {
  PageQuestion question;
  question.limit = 3;
  Ids seen;
  int pages = 0;
  do {
    const auto one = page(question);
    EXPECT_LE(one.sessions.size(), 3U);
    for (const auto id : ids(one))
      seen.push_back(id);
    question.after = one.next;
    ++pages;
  } while (question.after != 0);

  EXPECT_EQ(seen, (Ids{1, 2, 4, 5, 6, 8, 9}));
  EXPECT_EQ(pages, 3);
}

TEST_F(SessionPageTest, HasNoNextWhereItHoldsTheLast) {
  PageQuestion question;
  question.limit = 7;

  EXPECT_EQ(page(question).next, 0U);
}

TEST_F(SessionPageTest, ShowsTheOwnerHisOwn) {
  PageQuestion question;
  question.only_owner = 1000;
  EXPECT_EQ(ids(page(question)), (Ids{2, 4, 6, 8}));
  question.only_owner = 1001;
  EXPECT_EQ(ids(page(question)), Ids{});
}

TEST_F(SessionPageTest, AsksForThoseOfOthersOnlyIfTheyAreWanted) {
  PageQuestion question;
  question.filter.origin = "kernel";
  EXPECT_EQ(ids(page(question)), (Ids{2, 4, 6, 8}));
  EXPECT_EQ(asked, 0);
  question.filter.origin = "foreign";
  EXPECT_EQ(ids(page(question)), (Ids{1, 5, 9}));
  EXPECT_EQ(asked, 1);
}

TEST_F(SessionPageTest, ShowsWhatHasComeIntoTheRegistryOnce) {
  sessions.add(test::sample_session(5));

  EXPECT_EQ(ids(page({})), (Ids{1, 2, 4, 5, 6, 8, 9}));
}

TEST_F(SessionPageTest, RefusesAFilterThatIsNone) {
  PageQuestion question;
  question.filter.local = "example.org";

  const auto answer = page_of(
      sessions, [this]() -> const auto& { return foreign; }, question);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().refusal, bus::AgentRefusal::InvalidFilter);
}

} // namespace
} // namespace ktls
