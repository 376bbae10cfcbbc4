// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/plain_errors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/log.hpp"

namespace ktls::command {
namespace {

// systemd.exec(5), JOURNAL_STREAM: the device and the inode of what leads to the journal.
bool journal_reads() {
  const char* stream = ::secure_getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
         fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

std::string all_of(const Fd& file) {
  std::string out;
  std::array<char, 4096> room{};
  for (ssize_t got = 0;
       (got = ::pread(file.get(), room.data(), room.size(), static_cast<off_t>(out.size()))) > 0;)
    out.append(room.data(), static_cast<std::size_t>(got));
  return out;
}

// "<3>", sd-daemon(3)
std::string_view without_priority(std::string_view line) {
  const bool has =
      line.size() > 2 && line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>';
  return has ? line.substr(3) : line;
}

} // namespace

PlainErrors::PlainErrors() {
  if (!journal_reads()) {
    Fd standard_error(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    kept_ = Fd(::memfd_create("standard-error", MFD_CLOEXEC));
    if (standard_error && kept_ && ::dup2(kept_.get(), STDERR_FILENO) >= 0)
      standard_error_ = std::move(standard_error);
  }
  log::prepare(); // for what standard error is now
}

PlainErrors::~PlainErrors() {
  if (!standard_error_)
    return;
  (void)::dup2(standard_error_.get(), STDERR_FILENO);
  const auto text = all_of(kept_);
  for (std::string_view left = text; !left.empty();) {
    const auto line = left.substr(0, left.find('\n'));
    fmt::print(stderr, "{}\n", without_priority(line));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
  }
}

} // namespace ktls::command
