// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/socket_check.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <optional>

namespace ktls {
namespace {

std::optional<int> int_option(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (::getsockopt(fd, level, name, &value, &size) < 0 || size != sizeof(value))
    return std::nullopt;
  return value;
}

bool is_established(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
         info.tcpi_state == TCP_ESTABLISHED;
}

// Also where it cannot be told: nothing is then known that would make the socket ours to key.
bool has_upper_layer(int fd) {
  std::array<char, 16> name{}; // TCP_ULP_NAME_MAX
  socklen_t size = name.size();
  return ::getsockopt(fd, IPPROTO_TCP, TCP_ULP, name.data(), &size) < 0 || size != 0;
}

} // namespace

Reason classify_socket(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) < 0 || !S_ISSOCK(status.st_mode))
    return Reason::NotASocket;
  const auto domain = int_option(fd, SOL_SOCKET, SO_DOMAIN);
  if (!domain) // the file of a UNIX socket, opened with O_PATH
    return Reason::NotASocket;
  // MPTCP is SOCK_STREAM as well, so the type alone does not tell
  if ((*domain != AF_INET && *domain != AF_INET6) ||
      int_option(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM ||
      int_option(fd, SOL_SOCKET, SO_PROTOCOL) != IPPROTO_TCP)
    return Reason::NotTcp;
  if (int_option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 0)
    return Reason::Listening;
  if (!is_established(fd))
    return Reason::NotConnected;
  return has_upper_layer(fd) ? Reason::AlreadyTls : Reason::Success;
}

} // namespace ktls
