// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstring>
#include <vector>

namespace ktls {
namespace {

constexpr int first_passed = 3;

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const char* path, const char* name, std::span<int> descriptors,
                         pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, nullptr);
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(127); // the parent ended before it could be watched
  // first out of the way of the numbers that are wanted, then into place
  const int above = first_passed + static_cast<int>(descriptors.size());
  for (int& fd : descriptors) {
    fd = ::fcntl(fd, F_DUPFD, above);
    if (fd < 0)
      ::_exit(127);
  }
  int next = first_passed;
  for (const int fd : descriptors) {
    if (::dup2(fd, next++) < 0)
      ::_exit(127);
  }
  if (::syscall(SYS_close_range, next, ~0U, 0) < 0)
    ::_exit(127);
  std::array<char*, 2> arguments{const_cast<char*>(name), nullptr};
  std::array<char*, 1> environment{nullptr};
  ::execve(path, arguments.data(), environment.data());
  ::_exit(127);
}

} // namespace

Result<Process> Process::spawn(const std::string& path, std::span<const int> descriptors) {
  if (::access(path.c_str(), X_OK) < 0)
    return errno_error("starting " + path);
  const std::string name = path.substr(path.rfind('/') + 1);
  std::vector<int> passed(descriptors.begin(), descriptors.end());
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0)
    return errno_error("fork");
  if (pid == 0)
    become(path.c_str(), name.c_str(), passed, parent);
  Process child(pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  if (!child.pidfd_)
    return errno_error("pidfd_open");
  return child;
}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    (void)end();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

Process::End Process::end() {
  if (pid_ < 0)
    return {"not running"};
  (void)::kill(pid_, SIGKILL); // ours until it is reaped, so the number cannot be another's
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  pidfd_.reset();
  if (WIFEXITED(status))
    return {fmt::format("exit status {}", WEXITSTATUS(status))};
  const int signal = WTERMSIG(status);
  return {fmt::format("signal {} ({})", signal, ::strsignal(signal)), signal};
}

} // namespace ktls
