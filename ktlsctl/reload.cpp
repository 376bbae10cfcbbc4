// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/reload.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "ktlsctl/status.hpp"
#include "wire.hpp"

namespace ktls::command {
namespace {

constexpr std::string_view what_to_do = "is ktlsd running? See systemctl status ktlsd; with "
                                        "another agent.socket, name it with --socket";
constexpr std::string_view who_may = "only root and the user that ktlsd runs as may do this";

std::string default_socket() {
  const char* path = ::secure_getenv("KTLSCTL_AGENT_SOCKET");
  return path != nullptr && *path != '\0' ? path : wire::default_agent_socket;
}

Unexpected not_reached(const std::string& path, int number) {
  switch (number) {
  case ENOENT:
  case ENOTDIR:
    return invalid(fmt::format("no agent at {}: there is no such socket; {}", path, what_to_do));
  case ECONNREFUSED:
    return invalid(fmt::format("no agent at {}: nobody listens there; {}", path, what_to_do));
  case EPROTOTYPE:
    return invalid(fmt::format("no agent at {}: it is something else; {}", path, what_to_do));
  case EACCES:
  case EPERM:
    return invalid(fmt::format("the agent at {} is out of reach for uid {}, who has no permission "
                               "to go there: {}",
                               path, ::geteuid(), who_may));
  default:
    return errno_error("connecting to the agent at " + path, number);
  }
}

Result<Fd> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return invalid(path + ": too long for a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket)
    return errno_error("opening a socket");
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return not_reached(path, errno);
  return socket;
}

// The next message; empty at the end.
Result<std::span<const std::byte>> receive(const Fd& agent, std::span<std::byte> room) {
  for (;;) {
    const ssize_t got = ::recv(agent.get(), room.data(), room.size(), 0);
    if (got >= 0)
      return room.first(static_cast<std::size_t>(got));
    if (errno != EINTR)
      return errno_error("reading the agent's answer");
  }
}

// Waits for the end of the reload, however long it takes: who has had enough presses ^C.
Result<int> reload(const std::string& path) {
  const Fd agent = TRY(connect_to(path));
  const auto request = wire::make<wire::ReloadRequest>();
  if (::send(agent.get(), &request, sizeof request, MSG_NOSIGNAL) < 0)
    return errno_error("asking the agent");
  std::array<std::byte, 8192> room{};
  std::size_t told = 0;
  for (;;) {
    const auto message = TRY(receive(agent, room));
    wire::ReloadProblem problem{};
    wire::ReloadReply reply{};
    wire::StartReply refusal{};
    if (wire::decode(message.data(), message.size(), problem)) {
      fmt::print(stderr, "{}\n", escape(problem.text.view()));
      ++told;
    } else if (wire::decode(message.data(), message.size(), reply)) {
      if (reply.problems > told)
        fmt::print(stderr, "{}: see the agent's log\n",
                   counted(reply.problems - told, "more problem"));
      if (reply.problems > 0) {
        fmt::print(stderr, "Not taken up: policy {} stays in force.\n", reply.generation);
        return failed;
      }
      fmt::print("Policy {} is in force.\n", reply.generation);
      return success;
    } else if (wire::decode(message.data(), message.size(), refusal)) {
      return invalid(fmt::format("{}: {}", escape(refusal.reason.view()), who_may));
    } else {
      return invalid("the agent gave no answer, or one of another version: see its log");
    }
  }
}

} // namespace

void add_reload(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("reload", "Have ktlsd take up its configuration anew");
  auto socket = std::make_shared<std::string>(default_socket());
  command->add_option("--socket", *socket, "The agent's socket")->capture_default_str();
  command->callback([socket, &status] {
    const auto done = reload(*socket);
    if (!done)
      fmt::print(stderr, "ktlsctl: {}\n", done.error().message());
    status = done ? *done : failed;
  });
}

} // namespace ktls::command
