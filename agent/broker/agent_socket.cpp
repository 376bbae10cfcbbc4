// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/agent_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>

#include "base/text.hpp"

namespace ktls {
namespace {

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return invalid(path + ": too long for a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Result<Fd> make_socket() {
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket)
    return errno_error("making a socket");
  return socket;
}

// A socket file that nobody listens on is left over from an agent that was killed.
Result<> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) < 0 && errno == ENOENT)
    return {};
  if (!S_ISSOCK(status.st_mode))
    return invalid(path + ": there is something else than a socket in its place");
  const Fd probe = TRY(make_socket());
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN)
    return invalid(path + ": another ktlsd is running");
  if (errno == ECONNREFUSED && ::unlink(path.c_str()) < 0)
    return errno_error("removing " + path);
  return {};
}

int socket_option(int socket, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

// Where a local socket is bound; empty where it is not.
std::string path_of(int socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) < 0 ||
      size <= offsetof(sockaddr_un, sun_path))
    return {};
  const std::size_t room = size - offsetof(sockaddr_un, sun_path);
  return {address.sun_path, ::strnlen(address.sun_path, std::min(room, sizeof address.sun_path))};
}

} // namespace

Result<Fd> listen_on(const std::string& path) {
  const auto address = TRY(address_of(path));
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  if (failed)
    return Unexpected(Error{failed, "making the directory of " + path});
  TRY(remove_stale(path, address));
  Fd socket = TRY(make_socket());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return errno_error("binding " + path);
  // everyone may ask; what they get is decided by policy
  if (::chmod(path.c_str(), 0666) < 0)
    return errno_error("opening " + path + " to all users");
  if (::listen(socket.get(), SOMAXCONN) < 0)
    return errno_error("listening on " + path);
  return socket;
}

Result<Fd> check_agent_socket(Fd socket, const std::string& path) {
  constexpr const char* what = "the socket \"agent\" of the service manager";
  if (socket_option(socket.get(), SO_DOMAIN) != AF_UNIX ||
      socket_option(socket.get(), SO_TYPE) != SOCK_SEQPACKET ||
      socket_option(socket.get(), SO_ACCEPTCONN) != 1)
    return invalid(fmt::format("{} is not a listening local one of whole messages: its unit needs "
                               "ListenSequentialPacket={}",
                               what, escape(path)));
  if (const auto bound = path_of(socket.get()); bound != path)
    return invalid(fmt::format("{} is {}, and agent.socket is {}: make ListenSequentialPacket= of "
                               "ktlsd.socket and agent.socket the same",
                               what, escape(bound), escape(path)));
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) < 0)
    return errno_error(fmt::format("making {} not block", what));
  return socket;
}

} // namespace ktls
