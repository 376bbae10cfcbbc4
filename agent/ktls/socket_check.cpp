// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/socket_check.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

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

// Of tcp_info; none where there is none: a raw socket, say.
std::optional<int> tcp_state(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
    return std::nullopt;
  return info.tcpi_state;
}

// Also where it cannot be told: nothing is then known that would make the socket ours to key.
bool has_upper_layer(int fd) {
  std::array<char, 16> name{}; // TCP_ULP_NAME_MAX
  socklen_t size = name.size();
  return ::getsockopt(fd, IPPROTO_TCP, TCP_ULP, name.data(), &size) < 0 || size != 0;
}

} // namespace

// Few questions, since each handshake asks them.
Reason classify_socket(int fd) {
  // also for a file, and for the file of a UNIX socket that was opened with O_PATH
  const auto protocol = int_option(fd, SOL_SOCKET, SO_PROTOCOL);
  if (!protocol)
    return Reason::NotASocket;
  const auto state = *protocol == IPPROTO_TCP ? tcp_state(fd) : std::nullopt;
  if (!state) // MPTCP has a protocol number of its own
    return Reason::NotTcp;
  if (*state == TCP_LISTEN)
    return Reason::Listening;
  if (*state != TCP_ESTABLISHED)
    return Reason::NotConnected;
  return has_upper_layer(fd) ? Reason::AlreadyTls : Reason::Success;
}

} // namespace ktls
