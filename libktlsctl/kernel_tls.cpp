// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel_tls.hpp"

#include <linux/tls.h>
#include <sys/socket.h>

#ifndef SOL_TLS
#define SOL_TLS 282 // <linux/socket.h> is not for user space
#endif

namespace ktls {
namespace {

// With room for version and cipher only, the kernel leaves the key out; without keys it refuses.
bool has_keys(int fd, int direction) noexcept {
  tls_crypto_info info{};
  socklen_t size = sizeof info;
  return getsockopt(fd, SOL_TLS, direction, &info, &size) == 0 && info.version != 0;
}

} // namespace

bool has_sending_keys(int fd) noexcept {
  return has_keys(fd, TLS_TX);
}

bool has_receiving_keys(int fd) noexcept {
  return has_keys(fd, TLS_RX);
}

bool has_kernel_tls(int fd) noexcept {
  return has_sending_keys(fd) && has_receiving_keys(fd);
}

} // namespace ktls
