// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/socket_identity.hpp"

#include <sys/socket.h>
#include <sys/stat.h>

#ifndef SO_NETNS_COOKIE // Linux 5.14
#define SO_NETNS_COOKIE 71
#endif

namespace ktls {
namespace {

std::optional<std::uint64_t> ask_cookie(int socket, int option) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (::getsockopt(socket, SOL_SOCKET, option, &cookie, &size) < 0)
    return std::nullopt;
  return cookie;
}

} // namespace

std::optional<std::uint64_t> socket_cookie(int socket) {
  return ask_cookie(socket, SO_COOKIE);
}

std::optional<std::uint64_t> network_namespace_cookie(int socket) {
  return ask_cookie(socket, SO_NETNS_COOKIE);
}

std::optional<ino_t> socket_inode(int socket) {
  struct stat status {};
  if (::fstat(socket, &status) < 0 || !S_ISSOCK(status.st_mode))
    return std::nullopt;
  return status.st_ino;
}

} // namespace ktls
