// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/netlink_port.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace ktls {
namespace {

constexpr timeval reply_time_limit{1, 0};

} // namespace

Result<NetlinkSocket> NetlinkSocket::create(int protocol) {
  Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!socket)
    return errno_error("opening a netlink socket");
  // without an address of its own it is not sent multicasts, as if it were their sender
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0)
    return errno_error("binding a netlink socket");
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &reply_time_limit,
                   sizeof(reply_time_limit)) < 0)
    return errno_error("limiting the wait for the kernel's replies");
  return NetlinkSocket(std::move(socket));
}

Result<> NetlinkSocket::set_buffer_size(int bytes) {
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 &&
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) < 0)
    return errno_error("setting the size of a netlink socket's buffer");
  return {};
}

Result<> NetlinkSocket::subscribe(int group) {
  if (::setsockopt(socket_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
    return errno_error("subscribing to netlink notifications");
  return {};
}

tl::expected<NetlinkPort::Received, int> NetlinkSocket::receive(std::span<std::byte> buffer,
                                                                Wait wait) {
  sockaddr_nl sender{};
  iovec part{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_name = &sender;
  header.msg_namelen = sizeof(sender);
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  const int flags = MSG_CMSG_CLOEXEC | (wait == Wait::No ? MSG_DONTWAIT : 0);
  ssize_t size = -1;
  do
    size = ::recvmsg(socket_.get(), &header, flags);
  while (size < 0 && errno == EINTR);
  if (size < 0)
    return tl::make_unexpected(errno);
  return Received{buffer.first(static_cast<std::size_t>(size)),
                  header.msg_namelen == sizeof(sender) && sender.nl_pid == 0,
                  (header.msg_flags & MSG_TRUNC) != 0};
}

Result<> NetlinkSocket::send(std::span<const std::byte> request) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t size = -1;
  do
    size = ::sendto(socket_.get(), request.data(), request.size(), 0,
                    reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel));
  while (size < 0 && errno == EINTR);
  if (size < 0)
    return errno_error("sending to the kernel's handshake family");
  return {};
}

} // namespace ktls
