// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/inherited.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "support/sockets.hpp"

namespace ktls {
namespace {

std::vector<Inherited> two() {
  auto pair = test::unix_pair();
  std::vector<Inherited> out;
  out.push_back({"one", std::move(pair.ours)});
  out.push_back({"two", std::move(pair.peers)});
  return out;
}

TEST(Inherited, IsTakenByName) {
  auto all = two();
  const int second = all[1].fd.get();

  const Fd taken = take(all, "two");

  EXPECT_EQ(taken.get(), second);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].name, "one");
}

TEST(Inherited, IsTakenOnce) {
  auto all = two();
  (void)take(all, "one");

  EXPECT_FALSE(take(all, "one"));
  EXPECT_FALSE(take(all, "three"));
  EXPECT_EQ(all.size(), 1U);
}

TEST(Inherited, IsClosedWhenNobodyTakesIt) {
  const auto before = test::count_descriptors();
  auto all = two();
  all[0].name = "with\na line break";
  testing::internal::CaptureStderr();

  close_rest(std::move(all));

  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(R"("with\x0aa line break")"), std::string::npos) << log;
  EXPECT_NE(log.find("\"two\""), std::string::npos) << log;
  EXPECT_EQ(test::count_descriptors(), before);
}

TEST(Inherited, IsNothingWithoutAServiceManager) {
  ::unsetenv("LISTEN_PID");

  EXPECT_TRUE(take_inherited().empty());
}

// In a process of its own: the descriptors' numbers are fixed.
[[noreturn]] void take_two() {
  const bool passed = ::dup2(STDERR_FILENO, 3) == 3 && ::dup2(STDERR_FILENO, 4) == 4;
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", "2", 1);
  ::setenv("LISTEN_FDNAMES", "agent:metrics", 1);
  const auto all = take_inherited();
  const bool right = passed && all.size() == 2 && all[0].name == "agent" &&
                     all[1].name == "metrics" && all[0].fd.get() == 3 && all[1].fd.get() == 4;
  const bool closes = right && (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0;
  ::_exit(closes && std::getenv("LISTEN_FDS") == nullptr ? 0 : 1);
}

TEST(InheritedDeathTest, HasNamesAndIsNotPassedOn) {
  EXPECT_EXIT(take_two(), testing::ExitedWithCode(0), "");
}

} // namespace
} // namespace ktls
