// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsd-worker: the handshake process. No capabilities, no files, no private keys. Started by ktlsd
// with its channel to the broker as descriptor 3; of no use by hand.

#include <fcntl.h>
#include <seccomp.h>

#include <array>

#include "base/log.hpp"
#include "base/sandbox.hpp"
#include "tls/clock.hpp"
#include "worker/worker.hpp"

namespace {

constexpr int broker_descriptor = 3;

// Memory, time and randomness; messages and the sockets that come with them; nothing that opens,
// connects, starts or inspects.
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
    SCMP_SYS(futex),
    SCMP_SYS(getpid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getsockopt),
    SCMP_SYS(gettid),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(poll),
    SCMP_SYS(read),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(tgkill),
    SCMP_SYS(time),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(write),
};

ktls::Result<int> run() {
  TRY(ktls::forbid_inspection());
  if (const auto locked = ktls::lock_memory(); !locked)
    ktls::log::debug("{}", locked.error().message()); // the broker has warned already
  TRY(ktls::drop_capabilities());
  auto loop = TRY(ktls::EventLoop::create());
  ktls::tls::set_clock([&loop] { return loop.wall_clock(); });
  const auto worker =
      TRY(ktls::Worker::create(loop, ktls::ipc::Channel(ktls::Fd(broker_descriptor)),
                               [] { return ktls::allow_only(allowed); }));
  return loop.run();
}

} // namespace

int main() {
  ktls::log::prepare();
  if (::fcntl(broker_descriptor, F_GETFD) < 0) {
    ktls::log::error("ktlsd-worker is started by ktlsd, not by hand");
    return 2;
  }
  const auto status = run();
  if (!status) {
    ktls::log::error("ktlsd-worker: {}", status.error().message());
    return 1;
  }
  return *status;
}
