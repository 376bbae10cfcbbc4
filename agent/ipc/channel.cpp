// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/channel.hpp"

#include <sys/socket.h>

#include <cstring>

namespace ktls::ipc {
namespace {

std::vector<Fd> take_descriptors(msghdr& header) {
  std::vector<Fd> out;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
      continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      out.emplace_back(fd);
    }
  }
  return out;
}

} // namespace

Result<std::pair<Channel, Channel>> Channel::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0)
    return errno_error("making a socket pair");
  return std::pair{Channel(Fd(ends[0])), Channel(Fd(ends[1]))};
}

Result<bool> Channel::send(std::span<const std::byte> message, int descriptor) {
  iovec part{const_cast<std::byte*>(message.data()), message.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof descriptor)> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (descriptor >= 0) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(c), &descriptor, sizeof descriptor);
  }
  for (;;) {
    if (::sendmsg(fd(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
      return true;
    if (errno == EAGAIN)
      return false;
    if (errno != EINTR)
      return errno_error("sending a message");
  }
}

Result<Received> Channel::receive() {
  Packet packet;
  packet.data.resize(max_message_size);
  iovec part{packet.data.data(), packet.data.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(all_descriptors * sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = CMSG_SPACE(room_ * sizeof(int));
  ssize_t size = 0;
  do {
    size = ::recvmsg(fd(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN)
    return Nothing{};
  if (size < 0 && errno == ECONNRESET)
    return Closed{};
  if (size < 0)
    return errno_error("receiving a message");
  packet.descriptors = take_descriptors(header);
  packet.data_truncated = (header.msg_flags & MSG_TRUNC) != 0;
  packet.descriptors_truncated = (header.msg_flags & MSG_CTRUNC) != 0;
  packet.data.resize(static_cast<std::size_t>(size));
  // an empty datagram reads as the end of the stream does; no message of ours is empty
  if (size == 0 && packet.descriptors.empty() && !packet.descriptors_truncated)
    return Closed{};
  return packet;
}

// With SO_PASSCRED the kernel puts credentials beside each message. That tells an empty one from
// the end, which reads the same otherwise.
void discard_messages(Channel& channel, const std::function<void(std::span<const Fd>)>& look) {
  // the other end cannot send any more: the queue, which its kernel bounds, only gets shorter
  (void)::shutdown(channel.fd(), SHUT_RD);
  constexpr int on = 1;
  (void)::setsockopt(channel.fd(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  std::byte byte{}; // the rest of a message is cut off
  iovec part{&byte, sizeof byte};
  alignas(cmsghdr)
      std::array<std::byte, CMSG_SPACE(all_descriptors * sizeof(int)) + CMSG_SPACE(sizeof(ucred))>
          control{};
  bool reset = false; // reported once, before the messages
  for (;;) {
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(channel.fd(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EINTR || (errno == ECONNRESET && !std::exchange(reset, true))))
      continue;
    if (size < 0 || (size == 0 && header.msg_controllen == 0))
      return;
    look(take_descriptors(header));
  }
}

} // namespace ktls::ipc
