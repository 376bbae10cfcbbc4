// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control_record.hpp"

#include <linux/tls.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#ifndef SOL_TLS
#define SOL_TLS 282 // <linux/socket.h> is not for user space
#endif

namespace ktls {

int send_record(int fd, ContentType type, std::span<const std::uint8_t> body) noexcept {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof type)] = {};
  iovec bytes = {const_cast<std::uint8_t*>(body.data()), body.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_TLS;
  header->cmsg_type = TLS_SET_RECORD_TYPE;
  header->cmsg_len = CMSG_LEN(sizeof type);
  std::memcpy(CMSG_DATA(header), &type, sizeof type);
  return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

} // namespace ktls
