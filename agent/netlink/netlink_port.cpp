// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/netlink_port.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace ktls {
namespace {

constexpr timeval reply_time_limit{1, 0};

// Where one goes. Must stay where it is while its header is in use.
class Datagram {
public:
  explicit Datagram(std::span<std::byte> buffer)
      : buffer_(buffer), part_{buffer.data(), buffer.size()} {}

  msghdr header() {
    msghdr header{};
    header.msg_name = &sender_;
    header.msg_namelen = sizeof(sender_);
    header.msg_iov = &part_;
    header.msg_iovlen = 1;
    return header;
  }
  [[nodiscard]] NetlinkPort::Received received(const msghdr& header, std::size_t size) const {
    return {buffer_.first(size), header.msg_namelen == sizeof(sender_) && sender_.nl_pid == 0,
            (header.msg_flags & MSG_TRUNC) != 0};
  }

private:
  std::span<std::byte> buffer_;
  iovec part_;
  sockaddr_nl sender_{};
};

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

Result<> NetlinkSocket::connect_to_kernel() {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel)) < 0)
    return errno_error("connecting a netlink socket to the kernel");
  return {};
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

tl::expected<NetlinkPort::Received, int> NetlinkSocket::receive(std::span<std::byte> buffer) {
  Datagram datagram(buffer);
  msghdr header = datagram.header();
  ssize_t size = -1;
  do
    size = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size < 0)
    return tl::make_unexpected(errno);
  return datagram.received(header, static_cast<std::size_t>(size));
}

tl::expected<std::vector<NetlinkPort::Received>, int>
NetlinkSocket::receive_waiting(Batch& buffer) {
  std::vector<Datagram> datagrams;
  datagrams.reserve(max_batch); // the headers point into them
  std::array<mmsghdr, max_batch> headers{};
  for (std::size_t i = 0; i < max_batch; ++i)
    headers.at(i).msg_hdr =
        datagrams.emplace_back(std::span(buffer).subspan(i * batch_size, batch_size)).header();
  int count = -1;
  do
    count = ::recvmmsg(socket_.get(), headers.data(), max_batch, MSG_CMSG_CLOEXEC | MSG_DONTWAIT,
                       nullptr);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    return tl::make_unexpected(errno);
  std::vector<Received> all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    all.push_back(datagrams[i].received(headers.at(i).msg_hdr, headers.at(i).msg_len));
  return all;
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
