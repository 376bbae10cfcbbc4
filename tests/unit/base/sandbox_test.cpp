// SPDX-License-Identifier: GPL-2.0-or-later
// What cannot be undone is done in a child: each EXPECT_EXIT forks one.
#include "base/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <vector>

namespace ktls {
namespace {

using testing::ExitedWithCode;
using testing::KilledBySignal;

[[noreturn]] void exit_with(bool good) {
  ::_exit(good ? 0 : 1);
}

// Enough for the child to end, with a sanitizer's run-time library too.
constexpr std::array allowed_calls{SCMP_SYS(exit_group), SCMP_SYS(write),       SCMP_SYS(mmap),
                                   SCMP_SYS(mprotect),   SCMP_SYS(munmap),      SCMP_SYS(madvise),
                                   SCMP_SYS(brk),        SCMP_SYS(sigaltstack), SCMP_SYS(futex),
                                   SCMP_SYS(fcntl),      SCMP_SYS(tgkill)};
constexpr std::array refused_calls{SCMP_SYS(openat)};

void filter() {
  if (!allow_only(allowed_calls, refused_calls))
    ::_exit(2);
}

void* map(int protection) {
  return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

TEST(AllowOnlyDeathTest, LetsThrough) {
  EXPECT_EXIT(
      {
        filter();
        exit_with(::write(-1, "", 0) < 0 && map(PROT_READ | PROT_WRITE) != MAP_FAILED);
      },
      ExitedWithCode(0), "");
}

TEST(AllowOnlyDeathTest, RefusesWhatLibrariesTry) {
  EXPECT_EXIT(
      {
        filter();
        exit_with(::syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY) < 0 && errno == EACCES);
      },
      ExitedWithCode(0), "");
}

TEST(AllowOnlyDeathTest, KillsForAnythingElse) {
  EXPECT_EXIT(
      {
        filter();
        (void)::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
        ::_exit(0);
      },
      KilledBySignal(SIGSYS), "");
}

// For tokens, whose modules speak to local services and have threads.
std::vector<int> allowed_for_tokens() {
  std::vector<int> numbers(allowed_calls.begin(), allowed_calls.end());
  numbers.insert(numbers.end(), {SCMP_SYS(socket), SCMP_SYS(clone)});
  return numbers;
}
constexpr std::array refused_for_tokens{SCMP_SYS(clone3)};

TEST(AllowOnlyDeathTest, LetsLocalSocketsThrough) {
  EXPECT_EXIT(
      {
        exit_with(allow_only(allowed_for_tokens()) &&
                  ::syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0) >= 0);
      },
      ExitedWithCode(0), "");
}

TEST(AllowOnlyDeathTest, KillsForSocketsToOtherHosts) {
  for (const int family : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET})
    EXPECT_EXIT(
        {
          (void)allow_only(allowed_for_tokens());
          (void)::syscall(SYS_socket, family, SOCK_DGRAM, 0);
          ::_exit(0);
        },
        KilledBySignal(SIGSYS), "");
}

TEST(AllowOnlyDeathTest, KillsForANewProcess) {
  EXPECT_EXIT(
      {
        (void)allow_only(allowed_for_tokens());
        (void)::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
        ::_exit(0);
      },
      KilledBySignal(SIGSYS), "");
}

TEST(AllowOnlyDeathTest, HasGlibcMakeThreadsInAWayThatCanBeChecked) {
  EXPECT_EXIT(
      {
        (void)allow_only(allowed_for_tokens(), refused_for_tokens);
        exit_with(::syscall(SYS_clone3, nullptr, 0) < 0 && errno == ENOSYS);
      },
      ExitedWithCode(0), "");
}

TEST(AllowOnlyDeathTest, KillsForExecutableMemory) {
  EXPECT_EXIT(
      {
        filter();
        (void)map(PROT_READ | PROT_EXEC);
        ::_exit(0);
      },
      KilledBySignal(SIGSYS), "");
  EXPECT_EXIT(
      {
        filter();
        (void)map(PROT_READ | PROT_WRITE | PROT_EXEC);
        ::_exit(0);
      },
      KilledBySignal(SIGSYS), "");
  EXPECT_EXIT(
      {
        void* memory = map(PROT_READ | PROT_WRITE);
        filter();
        (void)::mprotect(memory, 4096, PROT_READ | PROT_EXEC);
        ::_exit(0);
      },
      KilledBySignal(SIGSYS), "");
}

TEST(AllowOnlyDeathTest, AllowsItsMemoryToBeProtected) {
  EXPECT_EXIT(
      {
        void* memory = map(PROT_READ | PROT_WRITE);
        filter();
        exit_with(::mprotect(memory, 4096, PROT_READ) == 0);
      },
      ExitedWithCode(0), "");
}

TEST(AllowOnlyDeathTest, LetsItSignalItself) {
  const auto signal_itself = [] {
    const auto thread = ::syscall(SYS_gettid);
    filter();
    exit_with(::syscall(SYS_tgkill, thread, thread, 0) == 0);
  };

  EXPECT_EXIT(signal_itself(), ExitedWithCode(0), "");
}

TEST(AllowOnlyDeathTest, KillsForASignalToAnother) {
  const auto signal_parent = [] {
    const auto parent = ::getppid();
    filter();
    (void)::syscall(SYS_tgkill, parent, parent, 0);
    ::_exit(0);
  };

  EXPECT_EXIT(signal_parent(), KilledBySignal(SIGSYS), "");
}

TEST(AllowOnlyDeathTest, LetsDescriptorsBeLookedAt) {
  const auto look = [] {
    filter();
    exit_with(::fcntl(0, F_GETFD) >= 0 && ::fcntl(0, F_GETFL) >= 0 &&
              ::fcntl(0, F_DUPFD_CLOEXEC, 0) >= 0);
  };

  EXPECT_EXIT(look(), ExitedWithCode(0), "");
}

TEST(AllowOnlyDeathTest, KillsForSignalsThroughDescriptors) {
  for (const int command : {F_SETOWN, F_SETSIG, F_SETFL}) {
    const auto set = [=] {
      filter();
      (void)::fcntl(0, command, 0);
      ::_exit(0);
    };

    EXPECT_EXIT(set(), KilledBySignal(SIGSYS), "") << command;
  }
}

struct Capabilities {
  std::uint64_t permitted = 0;
  std::uint64_t effective = 0;
  std::uint64_t inheritable = 0;
};

Capabilities capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  Capabilities out;
  if (::syscall(SYS_capget, &header, sets.data()) == 0) {
    const auto join = [](std::uint32_t low, std::uint32_t high) {
      return low | static_cast<std::uint64_t>(high) << 32;
    };
    out.permitted = join(sets[0].permitted, sets[1].permitted);
    out.effective = join(sets[0].effective, sets[1].effective);
    out.inheritable = join(sets[0].inheritable, sets[1].inheritable);
  }
  return out;
}

constexpr std::uint64_t bit(int capability) {
  return 1ULL << capability;
}

bool has_only(std::uint64_t wanted) {
  const auto now = capabilities();
  return now.permitted == wanted && now.effective == wanted && now.inheritable == 0;
}

TEST(KeepCapabilitiesDeathTest, DropsAll) {
  EXPECT_EXIT(exit_with(drop_capabilities().has_value() && has_only(0)), ExitedWithCode(0), "");
}

TEST(KeepCapabilitiesDeathTest, KeepsWhatIsNamed) {
  constexpr int above_32 = CAP_BPF;
  const auto wanted = bit(CAP_NET_ADMIN) | bit(above_32);
  if ((capabilities().permitted & wanted) != wanted)
    GTEST_SKIP() << "has too few capabilities to keep";

  EXPECT_EXIT(exit_with(keep_capabilities(std::array{CAP_NET_ADMIN, above_32}).has_value() &&
                        has_only(wanted)),
              ExitedWithCode(0), "");
}

TEST(KeepCapabilitiesDeathTest, EmptiesTheBoundingSet) {
  if ((capabilities().effective & bit(CAP_SETPCAP)) == 0 ||
      (capabilities().permitted & bit(CAP_NET_ADMIN)) == 0)
    GTEST_SKIP() << "needs CAP_SETPCAP and CAP_NET_ADMIN";

  EXPECT_EXIT(exit_with(keep_capabilities(std::array{CAP_NET_ADMIN}).has_value() &&
                        ::prctl(PR_CAPBSET_READ, CAP_NET_ADMIN) == 1 &&
                        ::prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 0 &&
                        ::prctl(PR_CAPBSET_READ, CAP_CHOWN) == 0),
              ExitedWithCode(0), "");
}

TEST(KeepCapabilitiesDeathTest, CannotKeepWhatIsNotThere) {
  EXPECT_EXIT(
      {
        (void)drop_capabilities();
        const auto kept = keep_capabilities(std::array{CAP_NET_ADMIN});
        exit_with(!kept && kept.error().code == std::errc::operation_not_permitted);
      },
      ExitedWithCode(0), "");
}

TEST(ForbidInspectionDeathTest, LeavesNothingToLookAt) {
  EXPECT_EXIT(
      {
        rlimit core{};
        exit_with(forbid_inspection().has_value() && ::getrlimit(RLIMIT_CORE, &core) == 0 &&
                  core.rlim_cur == 0 && core.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE) == 0 &&
                  ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
      },
      ExitedWithCode(0), "");
}

TEST(LockMemoryDeathTest, RefusesALimit) {
  const rlimit some{4096, 4096};
  EXPECT_EXIT(
      {
        (void)::setrlimit(RLIMIT_MEMLOCK, &some);
        (void)drop_capabilities();
        const auto locked = lock_memory();
        exit_with(!locked && locked.error().code == std::errc::operation_not_permitted);
      },
      ExitedWithCode(0), "");
}

} // namespace
} // namespace ktls
