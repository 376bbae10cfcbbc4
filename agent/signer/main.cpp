// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsd-signer: the private-key process. Sees no network and no peer's data but a digest. Started
// by ktlsd with its channel to the broker as descriptor 3; of no use by hand.

#include <fcntl.h>
#include <seccomp.h>

#include <array>

#include "base/log.hpp"
#include "base/sandbox.hpp"
#include "signer/signer.hpp"

namespace {

constexpr int broker_descriptor = 3;

// Reading key files, and messages with the descriptors that come in them; no socket of its own.
constexpr std::array allowed{
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
    SCMP_SYS(tgkill),
    SCMP_SYS(time),
    SCMP_SYS(write),
};

ktls::Result<int> run() {
  TRY(ktls::forbid_inspection());
  if (const auto locked = ktls::lock_memory(); !locked)
    ktls::log::warning("private keys could be swapped to disk: {}", locked.error().message());
  auto loop = TRY(ktls::EventLoop::create());
  const auto signer =
      TRY(ktls::Signer::create(loop, ktls::ipc::Channel(ktls::Fd(broker_descriptor))));
  TRY(ktls::drop_capabilities());
  TRY(ktls::allow_only(allowed));
  return loop.run();
}

} // namespace

int main() {
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
