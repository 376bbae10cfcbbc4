// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/agent_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ktls::command {
namespace {

constexpr std::string_view what_to_do = "is ktlsd running? See systemctl status ktlsd; with "
                                        "another agent.socket, name it with --socket";
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

} // namespace

std::shared_ptr<std::string> add_socket_option(CLI::App& command) {
  auto socket = std::make_shared<std::string>(default_socket());
  command.add_option("--socket", *socket, "The agent's socket")->capture_default_str();
  return socket;
}

Result<Fd> ask_agent(const std::string& path, std::span<const std::byte> request) {
  Fd agent = TRY(connect_to(path));
  if (::send(agent.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
    return errno_error("asking the agent");
  return agent;
}

Result<std::span<const std::byte>> receive_from_agent(const Fd& agent, std::span<std::byte> room) {
  for (;;) {
    const ssize_t got = ::recv(agent.get(), room.data(), room.size(), 0);
    if (got >= 0)
      return room.first(static_cast<std::size_t>(got));
    if (errno != EINTR)
      return errno_error("reading the agent's answer");
  }
}

} // namespace ktls::command
