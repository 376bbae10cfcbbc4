// SPDX-License-Identifier: GPL-2.0-or-later
// With programs of the test in PAM's place; tests/kernel/scenarios/mapper-accounts has PAM.
#include "mapper/account_phase.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace ktls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class AccountPhaseTest : public testing::Test {
protected:
  // The helper is this script, for perl: of shells, none can speak to a socket.
  AccountPhase::Answer ask(const std::string& script,
                           EventLoop::Clock::duration time = seconds(10)) {
    const std::string path = "/tmp/ktls-account-phase." + std::to_string(::getpid());
    std::ofstream(path) << "#!/usr/bin/perl\nopen(S, '+<&=3'); sysread(S, $q, 2048); " << script;
    ::chmod(path.c_str(), 0755);
    AccountPhase phase(loop, path);
    std::optional<AccountPhase::Answer> got;
    EXPECT_TRUE(phase.ask({"service", "alice", ""}, EventLoop::Clock::now() + time,
                          [&got](AccountPhase::Answer answer) { got = std::move(answer); }));
    EXPECT_FALSE(got);
    while (!got)
      EXPECT_TRUE(loop.run_once(seconds(10)));
    ::unlink(path.c_str());
    return *got;
  }

  EventLoop loop = EventLoop::create().value();
};

TEST_F(AccountPhaseTest, GivesPamsCode) {
  EXPECT_EQ(ask("syswrite(S, pack('l', 13));"), 13);
}

TEST_F(AccountPhaseTest, AsksWithServiceUserAndAddress) {
  EXPECT_EQ(ask("syswrite(S, pack('l', $q eq \"service\\0alice\\0\\0\" ? 1 : 2));"), 1);
}

TEST_F(AccountPhaseTest, SaysThatItsChildEnded) {
  const auto answer = ask("exit 3;");

  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().find("ended without an answer"), std::string::npos) << answer.error();
}

TEST_F(AccountPhaseTest, TakesNoHalfAnAnswer) {
  EXPECT_FALSE(ask("syswrite(S, 'ab');"));
}

TEST_F(AccountPhaseTest, DoesNotWaitBeyondTheDeadline) {
  const auto answer = ask("sleep 60;", milliseconds(300));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), "PAM: its account phase took too long");
}

TEST_F(AccountPhaseTest, SaysThatThereIsNoHelper) {
  AccountPhase phase(loop, "/nonexistent/helper");
  std::optional<AccountPhase::Answer> got;
  EXPECT_TRUE(phase.ask({"service", "alice", ""}, EventLoop::Clock::now() + seconds(10),
                        [&got](AccountPhase::Answer answer) { got = std::move(answer); }));
  while (!got)
    EXPECT_TRUE(loop.run_once(seconds(10)));

  ASSERT_FALSE(*got);
  EXPECT_NE(got->error().find("/nonexistent/helper"), std::string::npos) << got->error();
}

TEST_F(AccountPhaseTest, RunsOnlySoManyChildren) {
  AccountPhase phase(loop, "/bin/cat"); // waits, for standard input
  std::size_t begun = 0;
  while (begun <= AccountPhase::max_children &&
         phase.ask({"service", "alice", ""}, EventLoop::Clock::now() + seconds(10),
                   [](const AccountPhase::Answer&) {}))
    ++begun;

  EXPECT_EQ(begun, AccountPhase::max_children);
}

} // namespace
} // namespace ktls
