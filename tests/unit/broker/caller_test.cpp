// SPDX-License-Identifier: GPL-2.0-or-later
// What is found out of this very process.
#include "broker/caller.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "support/sockets.hpp"

namespace ktls {
namespace {

class FactsOfCaller : public testing::Test {
protected:
  FactsOfCaller() {
    std::array<int, 2> fds{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()), 0);
    ours = Fd(fds[0]);
    callers = Fd(fds[1]);
  }
  // SO_PEERPIDFD is of Linux 6.5.
  [[nodiscard]] bool has_process_descriptors() const {
    constexpr int peer_pidfd = 77;
    int descriptor = -1;
    socklen_t size = sizeof descriptor;
    const bool has = ::getsockopt(ours.get(), SOL_SOCKET, peer_pidfd, &descriptor, &size) == 0;
    return has && Fd(descriptor);
  }
  static policy::AskedFacts all() {
    policy::AskedFacts asked;
    asked.groups = asked.unit = asked.executable = true;
    return asked;
  }

  Fd ours;
  Fd callers;
};

TEST_F(FactsOfCaller, AreUserAndOriginWhereNothingIsAsked) {
  const auto facts = facts_of_caller(ours.get(), {});

  EXPECT_EQ(facts.origin, policy::Origin::Application);
  EXPECT_EQ(facts.uid, ::geteuid());
  EXPECT_TRUE(facts.groups.empty());
  EXPECT_EQ(facts.unit, "");
  EXPECT_EQ(facts.executable, "");
  EXPECT_FALSE(facts.direction);
  EXPECT_FALSE(facts.role);
}

TEST_F(FactsOfCaller, HaveAllGroups) {
  policy::AskedFacts asked;
  asked.groups = true;

  const auto facts = facts_of_caller(ours.get(), asked);

  std::vector<gid_t> mine(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  ASSERT_EQ(::getgroups(static_cast<int>(mine.size()), mine.data()), static_cast<int>(mine.size()));
  mine.push_back(::getegid());
  auto found = facts.groups;
  std::ranges::sort(mine);
  std::ranges::sort(found);
  EXPECT_EQ(found, mine);
  EXPECT_EQ(facts.executable, "");
}

TEST_F(FactsOfCaller, HaveItsExecutable) {
  if (!has_process_descriptors())
    GTEST_SKIP() << "Linux before 6.5";
  policy::AskedFacts asked;
  asked.executable = true;

  const auto facts = facts_of_caller(ours.get(), asked);

  EXPECT_EQ(facts.executable, std::filesystem::read_symlink("/proc/self/exe"));
  EXPECT_TRUE(facts.groups.empty());
  EXPECT_EQ(facts.unit, "");
}

// Perhaps this process is of none.
TEST_F(FactsOfCaller, HaveAUnitThatIsNamedAsOne) {
  policy::AskedFacts asked;
  asked.unit = true;

  const auto facts = facts_of_caller(ours.get(), asked);

  EXPECT_TRUE(facts.unit.empty() || facts.unit.find('.') != std::string::npos) << facts.unit;
  EXPECT_EQ(facts.executable, "");
}

TEST_F(FactsOfCaller, KeepNoDescriptor) {
  const auto before = test::count_descriptors();

  (void)facts_of_caller(ours.get(), all());

  EXPECT_EQ(test::count_descriptors(), before);
}

TEST_F(FactsOfCaller, AreNoneOfWhatIsNoConnection) {
  const auto facts = facts_of_caller(-1, all());

  EXPECT_EQ(facts.uid, std::nullopt);
  EXPECT_TRUE(facts.groups.empty());
  EXPECT_EQ(facts.executable, "");
}

// Its number may be that of another process by now.
TEST_F(FactsOfCaller, HaveNothingOfAProcessThatHasEnded) {
  const test::TemporaryDirectory directory;
  const auto path = directory.file("socket");
  const Fd listener = test::agent_listener(path, 1);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const int failed =
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::_exit(failed == 0 ? 0 : 1);
  }
  const Fd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);

  const auto facts = facts_of_caller(connection.get(), all());

  EXPECT_EQ(facts.uid, ::geteuid()) << "the kernel noted it when it connected";
  EXPECT_EQ(facts.executable, "");
  EXPECT_EQ(facts.unit, "");
}

} // namespace
} // namespace ktls
