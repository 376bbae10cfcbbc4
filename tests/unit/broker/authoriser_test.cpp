// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/authoriser.hpp"

#include <gtest/gtest.h>

#include "broker/fake_mapper.hpp"
#include "support/pump.hpp"

namespace ktls {
namespace {

using policy::MappingDemands;
using policy::MappingStrength;
using std::chrono::milliseconds;
using test::alice;
using test::not_mapped;

class AuthoriserTest : public testing::Test {
protected:
  static MappingQuestion about(std::uint8_t certificate) {
    MappingQuestion question;
    question.chain = {{std::byte{certificate}}};
    question.rule = "r";
    return question;
  }
  void ask(const MappingQuestion& question, const MappingDemands& demands = {},
           milliseconds within = std::chrono::minutes(1)) {
    authoriser.ask(question, demands, loop.now() + within,
                   [this](const MappingAnswer& answer) { answers.push_back(answer); });
  }
  Reason reason(std::size_t which = 0) const {
    return answers.at(which) ? Reason::Success : answers.at(which).error().reason;
  }
  // What becomes of alice.
  Reason of_alice(const MappingDemands& demands, const MappedUser& user = alice()) {
    answers.clear();
    authoriser.forget();
    ask(about(1), demands);
    mapper.answer(mapper.asked.size() - 1, user);
    return reason();
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  test::FakeMapper mapper;
  Authoriser authoriser{loop, mapper};
  std::vector<MappingAnswer> answers;
};

TEST_F(AuthoriserTest, PassesTheAnswerOn) {
  ask(about(1));
  ASSERT_EQ(mapper.asked.size(), 1U);
  EXPECT_EQ(mapper.asked[0].question.chain, about(1).chain);
  EXPECT_TRUE(answers.empty());

  mapper.answer(0, alice());

  ASSERT_EQ(reason(), Reason::Success);
  EXPECT_EQ(*answers[0], alice());
}

TEST_F(AuthoriserTest, AsksOnceForAllWhoWait) {
  ask(about(1));
  ask(about(1));
  ask(about(2));
  EXPECT_EQ(mapper.asked.size(), 2U);

  mapper.answer(0, alice());
  EXPECT_EQ(answers.size(), 2U);
  mapper.answer(1, not_mapped(Reason::UserNotMapped));

  EXPECT_EQ(reason(2), Reason::UserNotMapped);
}

TEST_F(AuthoriserTest, TellsQuestionsApart) {
  const auto changed = [](auto change) {
    auto question = about(1);
    change(question);
    return question;
  };
  ask(about(1));
  ask(changed([](auto& q) { q.chain.push_back({}); }));
  ask(changed([](auto& q) { q.anchor_spki[31] = 1; }));
  ask(changed([](auto& q) { q.rule = "s"; }));
  ask(changed([](auto& q) { q.profile = "p"; }));
  ask(changed([](auto& q) { q.local_address = "::1"; }));
  ask(changed([](auto& q) { q.local_port = 443; }));
  ask(changed([](auto& q) { q.server_name = "db"; }));
  ask(changed([](auto& q) {
    q.rule = "";
    q.profile = "r";
  }));

  EXPECT_EQ(mapper.asked.size(), 9U);
}

TEST_F(AuthoriserTest, RemembersWhatIsCertain) {
  for (const auto& answer :
       {MappingAnswer(alice()), not_mapped(Reason::UserNotMapped),
        not_mapped(Reason::MappingDenied), not_mapped(Reason::AmbiguousMapping),
        not_mapped(Reason::UserRevoked)}) {
    authoriser.forget();
    const auto before = mapper.asked.size();
    ask(about(1));
    mapper.answer(before, answer);
    ask(about(1));
    EXPECT_EQ(mapper.asked.size(), before + 1);
    ASSERT_EQ(answers.size() % 2, 0U);
    EXPECT_EQ(answers.back().has_value(), answer.has_value());
  }
}

TEST_F(AuthoriserTest, NeverRemembersAFailure) {
  for (const auto failed : {Reason::MapperUnavailable, Reason::MappingTimeout, Reason::Busy,
                            Reason::CertificateInvalid, Reason::InternalError}) {
    const auto before = mapper.asked.size();
    ask(about(1));
    mapper.answer(before, not_mapped(failed));
    ask(about(1));
    EXPECT_EQ(mapper.asked.size(), before + 2);
    mapper.answer(before + 1, not_mapped(failed));
  }
}

TEST_F(AuthoriserTest, ForgetsWhatWasAnsweredAndWhatIsAboutToBe) {
  ask(about(1));
  mapper.answer(0, alice());
  ask(about(2));

  authoriser.forget();
  ask(about(1));
  ask(about(2));
  ASSERT_EQ(mapper.asked.size(), 4U);
  mapper.answer(1, alice());
  EXPECT_EQ(answers.size(), 2U) << "who waited before gets it, the others do not";
  mapper.answer(3, not_mapped(Reason::UserRevoked));

  EXPECT_EQ(reason(2), Reason::UserRevoked);
  ask(about(2));
  EXPECT_EQ(reason(3), Reason::UserRevoked) << "the old answer is not remembered";
}

TEST_F(AuthoriserTest, EndsAtTheDeadlineOfEach) {
  ask(about(1), {}, milliseconds(1));
  ask(about(1));

  pump.until([&] { return !answers.empty(); });
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(reason(), Reason::MappingTimeout);
  mapper.answer(0, alice());

  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(reason(1), Reason::Success);
}

TEST_F(AuthoriserTest, WaitsForNoLongerThanItsPatience) {
  ask(about(1), {}, std::chrono::hours(1));

  EXPECT_LE(mapper.asked[0].deadline, loop.now() + Authoriser::patience);
}

TEST_F(AuthoriserTest, IsBusyBehindItsLimit) {
  MappingQuestion question = about(0);
  for (std::size_t i = 0; i < Authoriser::max_in_flight; ++i) {
    question.local_port = static_cast<std::uint16_t>(i);
    ask(question);
  }
  EXPECT_TRUE(answers.empty());
  ask(about(1));
  EXPECT_EQ(reason(), Reason::Busy);
  ask(question);
  EXPECT_EQ(answers.size(), 1U) << "it waits with another";

  mapper.answer(0, alice());
  ask(about(1));

  EXPECT_EQ(answers.size(), 2U) << "there is room again";
}

TEST_F(AuthoriserTest, WantsTheProfilesStrength) {
  auto weak = alice();
  weak.strength = MappingStrength::Weak;
  MappingDemands either;
  either.min_strength = MappingStrength::Weak;

  EXPECT_EQ(of_alice({}, weak), Reason::WeakMapping);
  EXPECT_EQ(of_alice(either, weak), Reason::Success);
  EXPECT_EQ(of_alice({}), Reason::Success);
}

TEST_F(AuthoriserTest, LetsInWhomTheProfileNames) {
  MappingDemands demands;
  demands.users = {"bob"};
  EXPECT_EQ(of_alice(demands), Reason::MappingDenied);
  demands.users = {"bob", "alice"};
  EXPECT_EQ(of_alice(demands), Reason::Success);
  demands.users.clear();
  demands.groups = {"wheel"};
  EXPECT_EQ(of_alice(demands), Reason::MappingDenied);
  demands.groups = {"staff"};
  EXPECT_EQ(of_alice(demands), Reason::Success);
  demands.users = {"bob"};
  EXPECT_EQ(of_alice(demands), Reason::Success) << "the one or the other";
}

TEST_F(AuthoriserTest, LetsRootInOnlyByName) {
  auto root = alice();
  root.name = "root";
  root.uid = 0;
  MappingDemands demands;
  EXPECT_EQ(of_alice(demands, root), Reason::MappingDenied);
  demands.groups = {"staff"};
  EXPECT_EQ(of_alice(demands, root), Reason::MappingDenied);
  demands.users = {"root"};
  EXPECT_EQ(of_alice(demands, root), Reason::Success);
}

// One answer, for two who want different things of it.
TEST_F(AuthoriserTest, JudgesForEachProfileAnew) {
  MappingDemands demands;
  demands.users = {"bob"};
  ask(about(1));
  ask(about(1), demands);
  mapper.answer(0, alice());
  ask(about(1), demands);

  EXPECT_EQ(reason(0), Reason::Success);
  EXPECT_EQ(reason(1), Reason::MappingDenied);
  EXPECT_EQ(reason(2), Reason::MappingDenied);
  EXPECT_EQ(mapper.asked.size(), 1U);
}

} // namespace
} // namespace ktls
