// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsd-signer: a private-key process. Sees no network and no peer's data but a digest. Started
// by ktlsd with its channel to the broker as descriptor 3; of no use by hand.

#include <fcntl.h>
#include <seccomp.h>

#include <array>
#include <vector>

#include "base/log.hpp"
#include "base/sandbox.hpp"
#include "signer/signer.hpp"
#include "tls/clock.hpp"

namespace {

constexpr int broker_descriptor = 3;

// Reading key files, and messages with the descriptors that come in them; no socket of its own.
constexpr std::array for_files{
    SCMP_SYS(brk),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(close),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(fcntl),
    SCMP_SYS(fstat),
    SCMP_SYS(futex),
    SCMP_SYS(geteuid),
    SCMP_SYS(getpid),
    SCMP_SYS(getrandom),
    SCMP_SYS(gettid),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(newfstatat),
    SCMP_SYS(openat),
    SCMP_SYS(poll),
    SCMP_SYS(read),
    SCMP_SYS(recvmsg),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(tgkill),
    SCMP_SYS(time),
    SCMP_SYS(write),
};

// What modules for tokens need beside that: their own files with locks on them, threads, and local
// services such as pcscd. Neither a program nor a connection to another host can be had with these.
constexpr std::array beside_for_token{
    SCMP_SYS(access),      SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clone),       SCMP_SYS(connect),
    SCMP_SYS(faccessat),   SCMP_SYS(faccessat2),
    SCMP_SYS(fdatasync),   SCMP_SYS(flock),
    SCMP_SYS(fsync),       SCMP_SYS(ftruncate),
    SCMP_SYS(getcwd),      SCMP_SYS(getdents64),
    SCMP_SYS(getegid),     SCMP_SYS(getgid),
    SCMP_SYS(getppid),     SCMP_SYS(getrusage),
    SCMP_SYS(getuid),      SCMP_SYS(lseek),
    SCMP_SYS(mkdir),       SCMP_SYS(nanosleep),
    SCMP_SYS(newfstatat),  SCMP_SYS(open),
    SCMP_SYS(pread64),     SCMP_SYS(prlimit64),
    SCMP_SYS(pwrite64),    SCMP_SYS(readlink),
    SCMP_SYS(recvfrom),    SCMP_SYS(rename),
    SCMP_SYS(rseq),        SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield), SCMP_SYS(select),
    SCMP_SYS(sendto),      SCMP_SYS(set_robust_list),
    SCMP_SYS(shutdown),    SCMP_SYS(socket),
    SCMP_SYS(stat),        SCMP_SYS(statx),
    SCMP_SYS(sysinfo),     SCMP_SYS(umask),
    SCMP_SYS(uname),       SCMP_SYS(unlink),
};

// They can do without: glibc falls back to clone(), whose flags the filter can see, and a terminal
// is not to be reached through standard error.
constexpr std::array refused_for_token{SCMP_SYS(clone3), SCMP_SYS(ioctl)};

// Modules are libraries: they are loaded before the filter, which makes no memory executable.
ktls::Result<> lock_down(ktls::Signer::Place place) {
  if (place == ktls::Signer::Place::Files)
    return ktls::allow_only(for_files);
  TRY(ktls::tls::load_token_modules());
  std::vector<int> allowed(for_files.begin(), for_files.end());
  allowed.insert(allowed.end(), beside_for_token.begin(), beside_for_token.end());
  return ktls::allow_only(allowed, refused_for_token);
}

ktls::Result<int> run() {
  TRY(ktls::forbid_inspection());
  if (const auto locked = ktls::lock_memory(); !locked)
    ktls::log::warning("private keys could be swapped to disk: {}", locked.error().message());
  auto loop = TRY(ktls::EventLoop::create());
  TRY(ktls::drop_capabilities());
  // no dates are judged here: GnuTLS measures how old its random generator's seed is
  ktls::tls::set_clock(
      [&loop] { return ktls::tls::Clock::time_point(loop.now().time_since_epoch()); });
  const auto signer =
      TRY(ktls::Signer::create(loop, ktls::ipc::Channel(ktls::Fd(broker_descriptor)), lock_down));
  return loop.run();
}

} // namespace

int main() {
  ktls::log::prepare();
  if (::fcntl(broker_descriptor, F_GETFD) < 0) {
    ktls::log::error("ktlsd-signer is started by ktlsd, not by hand");
    return 2;
  }
  const auto status = run();
  if (!status) {
    ktls::log::error("ktlsd-signer: {}", status.error().message());
    return 1;
  }
  return *status;
}
