// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/descriptor_search.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <climits>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "broker/prompt_close.hpp"
#include "broker/socket_identity.hpp"

namespace ktls {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || rest != end)
    return std::nullopt;
  return value;
}

// Of a link such as "socket:[4711]".
std::optional<ino_t> inode_in_link(const fs::path& link) {
  constexpr std::string_view before = "socket:[";
  std::array<char, 64> room{};
  const ssize_t size = ::readlink(link.c_str(), room.data(), room.size());
  if (size <= 0)
    return std::nullopt;
  std::string_view target(room.data(), static_cast<std::size_t>(size));
  if (!target.starts_with(before) || !target.ends_with(']'))
    return std::nullopt;
  target.remove_prefix(before.size());
  target.remove_suffix(1);
  return decimal(target);
}

// A process may close it, and open another one, at any time: what was got is looked at once more.
Fd take_descriptor(const Fd& process, int number, std::uint64_t cookie) {
  Fd taken(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), number, 0)));
  return taken && socket_cookie(taken.get()) == cookie ? std::move(taken) : Fd();
}

} // namespace

std::set<std::uint64_t> shut_down_in_other_processes(std::map<ino_t, std::uint64_t> wanted) {
  std::set<std::uint64_t> found;
  std::error_code gone; // processes and descriptors come and go meanwhile
  for (fs::directory_iterator process("/proc", gone), end; !gone && process != end;
       process.increment(gone)) {
    const auto pid = decimal(process->path().filename().native());
    if (!pid)
      continue;
    Fd handle;
    std::error_code hidden;
    for (fs::directory_iterator link(process->path() / "fd", hidden); !hidden && link != end;
         link.increment(hidden)) {
      const auto inode = inode_in_link(link->path());
      const auto number = decimal(link->path().filename().native());
      const auto match = inode && number ? wanted.find(*inode) : wanted.end();
      if (match == wanted.end())
        continue;
      if (!handle)
        handle = Fd(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
      const Fd socket = take_descriptor(handle, static_cast<int>(*number), match->second);
      if (!socket)
        continue;
      (void)::shutdown(socket.get(), SHUT_RDWR);
      dont_linger(socket.get()); // closing it, if nobody else has it any more, must not wait
      found.insert(match->second);
      wanted.erase(match);
      if (wanted.empty())
        return found;
    }
  }
  return found;
}

} // namespace ktls
