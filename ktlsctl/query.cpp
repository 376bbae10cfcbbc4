// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/query.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/fd.hpp"
#include "ktlsctl/agent.hpp"
#include "ktlsctl/session_json.hpp"
#include "ktlsctl/session_words.hpp"
#include "ktlsctl/terminal.hpp"

namespace ktls::command {
namespace {

struct SocketQuestion {
  pid_t pid = 0;
  int descriptor = -1;
  std::optional<int> inherited; // a descriptor of this process instead
  bool json = false;
};

tl::unexpected<Trouble> not_taken(const SocketQuestion& what, int number) {
  const auto trouble = [](std::string text) {
    return tl::make_unexpected(Trouble{failed, std::move(text)});
  };
  switch (number) {
  case ESRCH:
    return trouble(fmt::format("there is no process {}", what.pid));
  case EBADF:
    return trouble(fmt::format("process {} has no descriptor {}; see ls -l /proc/{}/fd", what.pid,
                               what.descriptor, what.pid));
  case EPERM:
  case EACCES:
    return trouble(fmt::format("uid {} may not take descriptors of process {}: do it as root, or "
                               "as its user where ptrace(2) is not restricted",
                               ::geteuid(), what.pid));
  default:
    return tl::make_unexpected(trouble_of(
        errno_error(fmt::format("taking descriptor {} of process {}", what.descriptor, what.pid),
                    number)
            .value()));
  }
}

Outcome<Fd> taken_socket(const SocketQuestion& what) {
  if (what.inherited) {
    Fd own(::fcntl(*what.inherited, F_DUPFD_CLOEXEC, 0));
    if (!own)
      return tl::make_unexpected(
          Trouble{failed, fmt::format("ktlsctl was not given a descriptor {}", *what.inherited)});
    return own;
  }
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, what.pid, 0)));
  if (!process)
    return not_taken(what, errno);
  Fd socket(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), what.descriptor, 0)));
  if (!socket)
    return not_taken(what, errno);
  return socket;
}

Outcome<int> query_socket(const SocketQuestion& what) {
  const auto socket = TRY(taken_socket(what));
  const auto agent = TRY(Agent::open());
  const auto details =
      TRY(agent->ask<bus::SessionDetails>(bus::Action::Read, [&](auto& client, auto then) {
        client.query(socket.get(), std::move(then));
      }));
  fmt::print("{}", what.json ? json_text(session_json(details, std::nullopt))
                             : session_words(details, std::nullopt, time_now(),
                                             standard_output().palette));
  return success;
}

} // namespace

void add_query(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "query", "Show the session of a socket that a process holds, by its descriptor");
  auto what = std::make_shared<SocketQuestion>();
  auto* pid = command->add_option("PID", what->pid, "The process")->check(CLI::PositiveNumber);
  auto* descriptor = command->add_option("FD", what->descriptor, "Its descriptor of the socket")
                         ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--inherited", what->inherited,
                   "A descriptor that ktlsctl itself was started with")
      ->check(CLI::NonNegativeNumber)
      ->excludes(pid)
      ->excludes(descriptor);
  command->add_flag("--json", what->json, "For programs: one object");
  command->callback([what, descriptor, &status] {
    if (!what->inherited && descriptor->count() == 0)
      throw CLI::ValidationError("query", "give PID and FD, or --inherited");
    status = finish(query_socket(*what));
  });
}

} // namespace ktls::command
