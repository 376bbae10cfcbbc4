// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/caller.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>
#include <memory>

#include "base/fd.hpp"

#ifndef SO_PEERPIDFD // Linux 6.5
#define SO_PEERPIDFD 77
#endif

namespace ktls {
namespace {

std::vector<gid_t> groups_of(int connection, gid_t main) {
  constexpr std::size_t most = 65'536; // NGROUPS_MAX of the kernel
  std::vector<gid_t> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int got = ::getsockopt(connection, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
    if (got == 0) {
      groups.resize(size / sizeof(gid_t));
      groups.push_back(main);
      return groups;
    }
    const std::size_t needed = size / sizeof(gid_t);
    if (errno != ERANGE || needed <= groups.size() || needed > most)
      return {main};
    groups.resize(needed);
  }
}

// None before Linux 6.5, and of a process that has ended.
Fd process_of(int connection) {
  int descriptor = -1;
  socklen_t size = sizeof descriptor;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERPIDFD, &descriptor, &size) < 0)
    return Fd();
  return Fd(descriptor);
}

// Then what was read under its number was of this process, and of no later one.
bool still_runs(const Fd& process) {
  return ::syscall(SYS_pidfd_send_signal, process.get(), 0, nullptr, 0) == 0 || errno == EPERM;
}

std::string executable_of(pid_t pid) {
  std::array<char, PATH_MAX> path{};
  const auto link = fmt::format("/proc/{}/exe", pid);
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  if (size <= 0 || static_cast<std::size_t>(size) >= path.size())
    return {};
  return {path.data(), static_cast<std::size_t>(size)};
}

} // namespace

std::string unit_of(pid_t process) {
  char* raw = nullptr;
  if (::sd_pid_get_unit(process, &raw) < 0)
    return {};
  const std::unique_ptr<char, decltype(&std::free)> unit(raw, std::free);
  return unit.get();
}

policy::Facts facts_of_caller(int connection, const policy::AskedFacts& asked) {
  policy::Facts facts;
  facts.origin = policy::Origin::Application;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
    return facts;
  facts.uid = peer.uid;
  if (asked.groups)
    facts.groups = groups_of(connection, peer.gid);
  if (!asked.unit && !asked.executable)
    return facts;
  const Fd process = process_of(connection);
  if (!process)
    return facts;
  std::string unit = asked.unit ? unit_of(peer.pid) : "";
  std::string executable = asked.executable ? executable_of(peer.pid) : "";
  if (still_runs(process)) {
    facts.unit = std::move(unit);
    facts.executable = std::move(executable);
  }
  return facts;
}

} // namespace ktls
