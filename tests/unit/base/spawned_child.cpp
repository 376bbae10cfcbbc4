// SPDX-License-Identifier: GPL-2.0-or-later
// What process_test spawns: says on descriptor 3 what it was given, then waits for the end of 4.
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <string>

int main(int count, char** arguments, char** environment) {
  constexpr int most = 1024;
  std::string text = arguments[0];
  text += " arguments:" + std::to_string(count - 1);
  text += environment[0] == nullptr ? " environment:none" : " environment:some";
  int signal = 0;
  (void)::prctl(PR_GET_PDEATHSIG, &signal);
  text += " at-parent's-end:" + std::to_string(signal);
  sigset_t blocked;
  (void)::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  text += ::sigismember(&blocked, SIGUSR1) == 1 ? " blocked" : "";
  text += " descriptors:";
  for (int fd = 3; fd < most; ++fd)
    text += ::fcntl(fd, F_GETFD) >= 0 ? " " + std::to_string(fd) : "";
  text += "\n";
  (void)!::write(3, text.data(), text.size());
  char end = 0;
  while (::read(4, &end, 1) > 0) {
  }
  return 5;
}
