// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/trouble.hpp"

#include <gtest/gtest.h>

#include "ktlsctl/session_samples.hpp"

namespace ktls::command {
namespace {

Trouble trouble_with(const std::string& error, bus::Action action = bus::Action::Read) {
  return trouble_of(bus::Failure{error, "the text"}, action);
}

TEST(Trouble, SaysHowToStartTheAgent) {
  for (const auto* name :
       {"org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.Spawn.ChildExited", "org.freedesktop.systemd1.NoSuchUnit"}) {
    const auto trouble = trouble_with(name);
    EXPECT_TRUE(trouble.absent) << name;
    EXPECT_EQ(trouble.status, failed);
    EXPECT_NE(trouble.text.find("systemctl start ktlsd"), std::string::npos) << trouble.text;
  }
}

TEST(Trouble, NamesTheActionOfPolkit) {
  const auto trouble =
      trouble_with("org.freedesktop.DBus.Error.AccessDenied", bus::Action::Terminate);

  EXPECT_NE(trouble.text.find("org.ktlsctl.agent1.terminate"), std::string::npos) << trouble.text;
  EXPECT_FALSE(trouble.absent);
}

TEST(Trouble, HasAStatusOfItsOwnForASessionThatIsNotThere) {
  EXPECT_EQ(trouble_with("org.ktlsctl.Agent1.Error.NoSuchSession").status, no_session);
  EXPECT_EQ(trouble_with("org.ktlsctl.Agent1.Error.NotPossible").status, failed);
  EXPECT_EQ(trouble_of(bus::AgentRefused{bus::AgentRefusal::NoSuchSession, "x"}).status,
            no_session);
}

TEST(Trouble, SaysWhatToDoAboutEachRefusal) {
  for (const auto refusal : {bus::AgentRefusal::NoSuchSession, bus::AgentRefusal::NotASocket,
                             bus::AgentRefusal::InvalidFilter, bus::AgentRefusal::NotPossible,
                             bus::AgentRefusal::Busy, bus::AgentRefusal::MapperUnavailable}) {
    const auto text = trouble_of(bus::AgentRefused{refusal, "the text"}).text;
    EXPECT_NE(text.find("the text"), std::string::npos) << text;
    EXPECT_GT(text.size(), std::string("the text").size());
  }
}

TEST(Trouble, TellsAnotherVersion) {
  for (const char* name : {bus::garbage_name, "org.freedesktop.DBus.Error.UnknownMethod"})
    EXPECT_NE(trouble_with(name).text.find("same version"), std::string::npos);
}

TEST(Trouble, KeepsErrorsItDoesNotKnow) {
  EXPECT_EQ(trouble_with("org.example.Odd").text, "ktlsd refused: the text (org.example.Odd)");
}

TEST(Trouble, PrintsNothingThatActsOnATerminal) {
  const auto& bad = test::hostile;

  EXPECT_TRUE(test::is_harmless(trouble_of({bad, bad}, bus::Action::Read).text));
  EXPECT_TRUE(test::is_harmless(
      trouble_of(bus::Failure{"org.ktlsctl.Agent1.Error.NotPossible", bad}, bus::Action::Read)
          .text));
}

TEST(Finish, IsTheStatus) {
  EXPECT_EQ(finish(success), success);
  EXPECT_EQ(finish(tl::make_unexpected(Trouble{no_session, ""})), no_session);
}

} // namespace
} // namespace ktls::command
