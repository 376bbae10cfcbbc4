// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/revalidator.hpp"

#include <gtest/gtest.h>

#include "broker/fake_mapper.hpp"
#include "support/pump.hpp"

namespace ktls {
namespace {

using policy::MappingDemands;
using policy::RevokedSessions;
using test::alice;
using test::not_mapped;
using Cookies = std::vector<Sessions::Cookie>;

MappedUser bob() {
  auto user = alice();
  user.name = "bob";
  user.uid = 1001;
  return user;
}

class RevalidatorTest : public testing::Test {
protected:
  RevalidatorTest() { ending.revoked_sessions = RevokedSessions::End; }

  void add(Sessions::Cookie cookie, std::optional<MappedUser> user,
           const std::string& profile = "ending") {
    SessionTerms terms;
    terms.profile = profile;
    terms.when_revoked = when_revoked;
    Session session;
    session.cookie = cookie;
    session.terms = std::make_shared<const SessionTerms>(std::move(terms));
    session.peer = std::make_shared<const Peer>(
        Peer{"CN=alice", "CN=ca", {{std::byte{static_cast<std::uint8_t>(cookie)}}}});
    if (user)
      session.user = std::make_shared<const MappedUser>(std::move(*user));
    sessions.add(std::move(session));
  }
  void run() {
    revalidator.run([this](const Revalidator::Report& report) { reports.push_back(report); });
  }
  void answer_all(const MappingAnswer& answer) {
    for (; answered < mapper.asked.size(); ++answered)
      mapper.answer(answered, answer);
  }
  // What becomes of a session of alice.
  Revalidator::Report of_alice(const MappingAnswer& answer, const std::string& profile = "ending") {
    reports.clear();
    add(1, alice(), profile);
    run();
    answer_all(answer);
    EXPECT_EQ(reports.size(), 1U);
    return reports.empty() ? Revalidator::Report{} : reports[0];
  }
  const MappingDemands* demands_of(const std::string& profile) {
    return profile == "ending" ? &ending : profile == "keeping" ? &keeping : nullptr;
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  test::FakeMapper mapper;
  Authoriser authoriser{loop, mapper};
  Sessions sessions;
  MappingDemands keeping;
  MappingDemands ending;
  Cookies ended;
  bool can_end = true;
  RevokedSessions when_revoked = RevokedSessions::Keep;
  Revalidator revalidator{loop, sessions, authoriser,
                          [this](const std::string& profile) { return demands_of(profile); },
                          [this](const std::vector<const Session*>& some) {
                            std::set<Sessions::Cookie> done;
                            for (const auto* session : some) {
                              ended.push_back(session->cookie);
                              if (can_end)
                                done.insert(session->cookie);
                            }
                            return done;
                          }};
  std::vector<Revalidator::Report> reports;
  std::size_t answered = 0;
};

TEST_F(RevalidatorTest, IsDoneAtOnceWithoutSessionsOfUsers) {
  add(1, std::nullopt);
  run();

  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].judged, 0U);
  EXPECT_TRUE(mapper.asked.empty());
}

TEST_F(RevalidatorTest, LeavesWhoMayGoOn) {
  const auto report = of_alice(alice());

  EXPECT_EQ(report.judged, 1U);
  EXPECT_EQ(report.revoked, 0U);
  EXPECT_TRUE(ended.empty());
}

TEST_F(RevalidatorTest, EndsWhoMayNot) {
  for (const auto reason :
       {Reason::UserRevoked, Reason::UserNotMapped, Reason::MappingDenied, Reason::WeakMapping,
        Reason::AmbiguousMapping, Reason::CertificateInvalid}) {
    ended.clear();
    const auto report = of_alice(not_mapped(reason));
    EXPECT_EQ(report.revoked, 1U) << facts(reason).name;
    EXPECT_EQ(report.ended, 1U) << facts(reason).name;
    EXPECT_EQ(ended, Cookies{1}) << facts(reason).name;
  }
}

TEST_F(RevalidatorTest, EndsWhoIsSomebodyElse) {
  EXPECT_EQ(of_alice(bob()).ended, 1U);
  auto reused = alice();
  reused.uid = 1001; // the account was removed, and made anew
  EXPECT_EQ(of_alice(reused).ended, 1U);
}

TEST_F(RevalidatorTest, JudgesByWhatTheProfileWantsNow) {
  ending.users = {"bob"};
  EXPECT_EQ(of_alice(alice()).ended, 1U);
}

TEST_F(RevalidatorTest, GoesByWhatAProfileSaidThatIsGone) {
  EXPECT_EQ(of_alice(alice(), "gone").revoked, 1U);
  EXPECT_TRUE(ended.empty()) << "it said nothing of ending";
  when_revoked = RevokedSessions::End;
  const auto report = of_alice(alice(), "gone");

  EXPECT_EQ(report.judged, 1U);
  EXPECT_EQ(report.ended, 1U);
  EXPECT_TRUE(mapper.asked.empty());
}

TEST_F(RevalidatorTest, EndsNobodyWhereTheProfileDoesNotSaySo) {
  const auto report = of_alice(not_mapped(Reason::UserRevoked), "keeping");

  EXPECT_EQ(report.revoked, 1U);
  EXPECT_EQ(report.ended + report.not_ended, 0U);
  EXPECT_TRUE(ended.empty());
}

TEST_F(RevalidatorTest, EndsNobodyWhenItCannotBeFoundOut) {
  for (const auto reason : {Reason::MapperUnavailable, Reason::MappingTimeout, Reason::Busy}) {
    const auto report = of_alice(not_mapped(reason));
    EXPECT_EQ(report.not_answered, 1U) << facts(reason).name;
    EXPECT_EQ(report.revoked, 0U) << facts(reason).name;
  }
  EXPECT_TRUE(ended.empty());
}

TEST_F(RevalidatorTest, SaysWhatCouldNotBeEnded) {
  can_end = false;
  const auto report = of_alice(not_mapped(Reason::UserRevoked));

  EXPECT_EQ(report.ended, 0U);
  EXPECT_EQ(report.not_ended, 1U);
}

TEST_F(RevalidatorTest, ForgetsWhatWasAnsweredBefore) {
  EXPECT_EQ(of_alice(alice()).revoked, 0U);
  EXPECT_EQ(of_alice(not_mapped(Reason::UserRevoked)).revoked, 1U);
  EXPECT_EQ(mapper.asked.size(), 2U);
}

TEST_F(RevalidatorTest, AsksAFewAtATime) {
  constexpr std::size_t many = Revalidator::max_in_flight + 3;
  for (std::size_t i = 1; i <= many; ++i)
    add(i, alice());
  run();
  EXPECT_EQ(mapper.asked.size(), Revalidator::max_in_flight);

  mapper.answer(answered++, alice());
  EXPECT_EQ(mapper.asked.size(), Revalidator::max_in_flight + 1);
  EXPECT_TRUE(reports.empty());

  answer_all(alice());
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].judged, many);
}

TEST_F(RevalidatorTest, PassesOverWhatEndsMeanwhile) {
  add(1, alice());
  add(2, alice());
  run();
  sessions.remove(1);
  answer_all(not_mapped(Reason::UserRevoked));

  EXPECT_EQ(ended, Cookies{2});
}

// The answers of a run that has begun may be older than the question.
TEST_F(RevalidatorTest, RunsOnceMoreForWhoComesMeanwhile) {
  add(1, alice());
  run();
  run();
  run();
  EXPECT_EQ(mapper.asked.size(), 1U);

  mapper.answer(0, alice());
  EXPECT_EQ(reports.size(), 1U);
  ASSERT_EQ(mapper.asked.size(), 2U);
  mapper.answer(1, not_mapped(Reason::UserRevoked));

  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[2].ended, 1U);
}

TEST_F(RevalidatorTest, JudgesOneAlone) {
  using Verdict = Revalidator::Verdict;
  std::vector<Verdict> verdicts;
  const auto judge = [&](Sessions::Cookie cookie) {
    revalidator.run_for(cookie, [&](Verdict verdict) { verdicts.push_back(verdict); });
  };
  add(1, alice());
  add(2, alice());
  add(3, std::nullopt);

  judge(3);
  judge(4);
  judge(1);
  answer_all(alice());
  judge(1);
  answer_all(not_mapped(Reason::MapperUnavailable));
  judge(1);
  answer_all(not_mapped(Reason::UserRevoked));

  EXPECT_EQ(verdicts, (std::vector{Verdict::NoUser, Verdict::NoUser, Verdict::Allowed,
                                   Verdict::Undecided, Verdict::Revoked}));
  EXPECT_EQ(ended, Cookies{1});
}

TEST_F(RevalidatorTest, DoesNotMixOneWithAll) {
  add(1, alice());
  add(2, bob());
  std::vector<Revalidator::Verdict> verdicts;
  const auto judge_first = [&] {
    revalidator.run_for(1, [&](Revalidator::Verdict verdict) { verdicts.push_back(verdict); });
  };
  run();
  judge_first();
  judge_first();
  run();
  while (answered < mapper.asked.size())
    answer_all(alice());

  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].judged, 2U);
  EXPECT_EQ(reports[1].judged, 2U);
  EXPECT_EQ(verdicts, (std::vector{Revalidator::Verdict::Allowed, Revalidator::Verdict::Allowed}));
}

TEST_F(RevalidatorTest, RunsByItself) {
  add(1, alice());
  revalidator.set_interval(std::chrono::seconds(1));

  pump.until([this] { return mapper.asked.size() == 1; });
  answer_all(not_mapped(Reason::UserRevoked));
  EXPECT_EQ(ended, Cookies{1});
  pump.until([this] { return mapper.asked.size() == 2; });
}

TEST_F(RevalidatorTest, StopsRunningByItself) {
  add(1, alice());
  revalidator.set_interval(std::chrono::seconds(1));
  revalidator.set_interval(std::chrono::seconds(0));

  EXPECT_FALSE(loop.run_once(std::chrono::milliseconds(1500)).value());
  EXPECT_TRUE(mapper.asked.empty());
}

} // namespace
} // namespace ktls
