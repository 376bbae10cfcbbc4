// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/descriptor_search.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "broker/prompt_close.hpp"
#include "broker/socket_identity.hpp"

namespace ktls {
namespace {

namespace fs = std::filesystem;

// What Linux lets a process have by itself (fs.nr_open); those with higher numbers are not found.
constexpr std::uint64_t max_descriptors = std::uint64_t{1} << 20U;

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || rest != end)
    return std::nullopt;
  return value;
}

// The numbers of its descriptors are below this; 0: it has gone.
int descriptor_numbers(std::uint64_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  constexpr std::string_view key = "FDSize:\t";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) {
      const auto size = decimal(std::string_view(line).substr(key.size()));
      return static_cast<int>(std::min<std::uint64_t>(size.value_or(0), max_descriptors));
    }
  }
  return 0;
}

class Search {
public:
  explicit Search(std::set<std::uint64_t> wanted) : wanted_(std::move(wanted)) {}

  // Each of its descriptors is taken for a moment: to list /proc/PID/fd of other users takes
  // CAP_DAC_READ_SEARCH too.
  void look_into(std::uint64_t pid) {
    const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const int end = process ? descriptor_numbers(pid) : 0;
    for (int number = 0; number < end && !is_done(); ++number) {
      const Fd taken(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), number, 0)));
      if (taken)
        look_at(taken.get());
      else if (errno != EBADF)
        return; // it has gone, or may not be looked into
    }
  }
  [[nodiscard]] bool is_done() const { return wanted_.empty(); }
  [[nodiscard]] std::set<std::uint64_t> found() && { return std::move(found_); }

private:
  void look_at(int socket) {
    const auto cookie = socket_cookie(socket);
    if (!cookie || wanted_.erase(*cookie) == 0)
      return;
    (void)::shutdown(socket, SHUT_RDWR);
    dont_linger(socket); // closing it, if nobody else has it any more, must not wait
    found_.insert(*cookie);
  }

  std::set<std::uint64_t> wanted_;
  std::set<std::uint64_t> found_;
};

} // namespace

std::set<std::uint64_t> shut_down_in_other_processes(std::set<std::uint64_t> wanted,
                                                     const std::set<pid_t>& likely) {
  Search search(std::move(wanted));
  for (const pid_t pid : likely)
    search.look_into(static_cast<std::uint64_t>(pid));
  std::error_code gone; // processes come and go meanwhile
  for (fs::directory_iterator process("/proc", gone), end;
       !search.is_done() && !gone && process != end; process.increment(gone)) {
    if (const auto pid = decimal(process->path().filename().native()))
      search.look_into(*pid);
  }
  return std::move(search).found();
}

} // namespace ktls
