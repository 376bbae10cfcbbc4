// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>
#include <optional>

#include "support/sockets.hpp"

namespace ktls {
namespace {

constexpr const char* child = KTLS_TEST_CHILD;

// A child that writes to `output` and runs until `input` ends.
struct Spawned {
  Spawned() : Spawned(test::unix_pair(), test::unix_pair()) {}
  Spawned(test::Pair out, test::Pair in)
      : output(std::move(out.ours)), input(std::move(in.ours)),
        process(Process::spawn(child, std::array{out.peers.get(), in.peers.get()}).value()) {}
  std::string read_line() const {
    std::string line;
    for (char c = 0; ::recv(output.get(), &c, 1, 0) == 1 && c != '\n';)
      line.push_back(c);
    return line;
  }

  Fd output;
  Fd input;
  std::optional<Process> process;
};

void wait_for_end(int pidfd) {
  pollfd wait{pidfd, POLLIN, 0};
  EXPECT_EQ(::poll(&wait, 1, 60'000), 1);
}

bool exists(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

std::string end_of(const char* path) {
  auto process = Process::spawn(path, {}).value();
  wait_for_end(process.pidfd());
  return process.end().text;
}

TEST(Process, GetsItsDescriptorsAndNothingElse) {
  const Fd not_passed(::socket(AF_UNIX, SOCK_STREAM, 0)); // without CLOEXEC
  const Spawned spawned;

  EXPECT_EQ(spawned.read_line(), "unit-base-child arguments:0 environment:none "
                                 "at-parent's-end:9 descriptors: 3 4");
}

TEST(Process, GetsItsDescriptorsInOrderWhateverTheirNumbers) {
  const auto out = test::unix_pair();
  const auto in = test::unix_pair();
  // the lowest numbers that are free: 3 and 4 where the test runner left none open
  const Fd low_in(::fcntl(in.peers.get(), F_DUPFD_CLOEXEC, 3));
  const Fd low_out(::fcntl(out.peers.get(), F_DUPFD_CLOEXEC, 3));
  const auto process = Process::spawn(child, std::array{low_out.get(), low_in.get()});
  ASSERT_TRUE(process);
  std::array<char, 16> start{};

  EXPECT_EQ(::recv(out.ours.get(), start.data(), start.size(), MSG_WAITALL),
            static_cast<ssize_t>(start.size()));
  EXPECT_EQ(std::string(start.data(), start.size()), "unit-base-child ");
}

TEST(Process, BlocksNoSignals) {
  sigset_t usr1;
  ::sigemptyset(&usr1);
  ::sigaddset(&usr1, SIGUSR1);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &usr1, nullptr), 0);

  const Spawned spawned;

  EXPECT_EQ(spawned.read_line().find("blocked"), std::string::npos);
  ASSERT_EQ(::sigprocmask(SIG_UNBLOCK, &usr1, nullptr), 0);
}

TEST(Process, LeavesTheDescriptorsWithTheCaller) {
  const auto pair = test::unix_pair();
  const auto before = test::count_descriptors();
  auto process = Process::spawn(child, std::array{pair.ours.get(), pair.ours.get()});
  ASSERT_TRUE(process);
  EXPECT_EQ(test::count_descriptors(), before + 1) << "its pidfd";

  (void)process->end();

  EXPECT_EQ(test::count_descriptors(), before);
}

TEST(Process, SaysHowItEnded) {
  EXPECT_EQ(end_of("/bin/true"), "exit status 0");
  EXPECT_EQ(end_of("/bin/false"), "exit status 1");
}

TEST(Process, NeedsAProgram) {
  const auto before = test::count_descriptors();

  const auto missing = Process::spawn("/no/such/program", {});
  const auto not_executable = Process::spawn("/etc/passwd", {});

  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, std::errc::no_such_file_or_directory);
  EXPECT_NE(missing.error().message().find("/no/such/program"), std::string::npos);
  ASSERT_FALSE(not_executable);
  EXPECT_EQ(not_executable.error().code, std::errc::permission_denied);
  EXPECT_EQ(test::count_descriptors(), before);
}

TEST(Process, SaysWhenItsProgramCannotRun) {
  EXPECT_EQ(end_of("/"), "exit status 127"); // may be entered, which is not run
}

TEST(Process, TellsByItsPidfdWhenItEnds) {
  Spawned spawned;
  pollfd now{spawned.process->pidfd(), POLLIN, 0};
  EXPECT_EQ(::poll(&now, 1, 0), 0);

  spawned.input.reset();

  wait_for_end(spawned.process->pidfd());
  EXPECT_EQ(spawned.process->end().text, "exit status 5");
}

TEST(Process, IsKilledByEnd) {
  Spawned spawned;
  const pid_t pid = spawned.process->pid();
  EXPECT_TRUE(exists(pid));

  const auto end = spawned.process->end();
  EXPECT_EQ(end.text, "signal 9 (Killed)");
  EXPECT_EQ(end.signal, SIGKILL);

  EXPECT_FALSE(exists(pid)) << "not even as a zombie";
  EXPECT_EQ(spawned.process->end().text, "not running");
}

TEST(Process, IsKilledWhenItsHandleGoes) {
  Spawned spawned;
  const pid_t pid = spawned.process->pid();

  spawned.process.reset();

  EXPECT_FALSE(exists(pid));
}

TEST(Process, MovesWithItsHandle) {
  Spawned spawned;
  const pid_t pid = spawned.process->pid();

  Process moved(std::move(*spawned.process));
  spawned.process.reset();

  EXPECT_TRUE(exists(pid));
  EXPECT_EQ(moved.pid(), pid);
}

TEST(Process, IsKilledWhenAnotherTakesItsHandle) {
  Spawned one;
  Spawned other;
  const pid_t pid = one.process->pid();
  const pid_t other_pid = other.process->pid();

  *one.process = std::move(*other.process);

  EXPECT_FALSE(exists(pid));
  EXPECT_TRUE(exists(other_pid));
  EXPECT_EQ(one.process->pid(), other_pid);
}

} // namespace
} // namespace ktls
