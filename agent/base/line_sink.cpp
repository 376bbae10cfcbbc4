// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/line_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/fd.hpp"

namespace ktls::log {
namespace {

constexpr std::string_view ellipsis = "...";

// O_NONBLOCK belongs to the open file, which others have too: so it needs one of our own. There is
// none without /proc, for a pipe of another user, or for a named pipe that nobody reads.
bool stop_waiting(int fd) {
  const Fd own(::open(fmt::format("/proc/self/fd/{}", fd).c_str(),
                      O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  return own && ::dup2(own.get(), fd) >= 0;
}

} // namespace

LineSink::LineSink(int fd) : fd_(fd) {
  struct stat status {};
  if (::fstat(fd, &status) < 0)
    return; // each line will be lost
  // Under systemd the prefix gives the journal its priority; on a terminal it would be noise.
  if (S_ISCHR(status.st_mode))
    prefix_ = ::isatty(fd) == 0;
  if (S_ISSOCK(status.st_mode))
    way_ = Way::Send;
  else if ((S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) && !stop_waiting(fd))
    way_ = Way::PollAndWrite;
}

void LineSink::write(Level level, std::string_view text) {
  const auto loss = lost_ == 1 ? std::string("a line of the log was lost")
                               : fmt::format("{} lines of the log were lost", lost_);
  if (lost_ > 0 && put(Level::Warning, loss))
    lost_ = 0;
  if (lost_ > 0 || !put(level, text))
    ++lost_;
}

bool LineSink::put(Level level, std::string_view text) {
  std::string line;
  if (torn_)
    line += '\n';
  if (prefix_)
    line += fmt::format("<{}>", static_cast<int>(level));
  const std::size_t room = max_line - line.size() - 1;
  if (text.size() <= room)
    line += text;
  else
    line.append(text.substr(0, room - ellipsis.size())).append(ellipsis);
  line += '\n';
  const ssize_t written = write_at_once(line);
  if (written > 0)
    torn_ = static_cast<std::size_t>(written) < line.size();
  return written > 0 && !torn_;
}

// One call for each line, so that lines of several processes do not mix.
ssize_t LineSink::write_at_once(std::string_view bytes) const {
  if (way_ == Way::Send)
    return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  pollfd writable{fd_, POLLOUT, 0};
  if (way_ == Way::PollAndWrite && ::poll(&writable, 1, 0) <= 0)
    return -1;
  return ::write(fd_, bytes.data(), bytes.size());
}

} // namespace ktls::log
