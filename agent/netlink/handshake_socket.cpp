// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/handshake_socket.hpp"

#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/handle.hpp"
#include "netlink/netlink_error.hpp"

namespace ktls {
namespace {

// The kernel's generic netlink messages are at most 8 KiB (NLMSG_GOODSIZE).
constexpr std::size_t max_datagram = 16'384;
constexpr int notification_buffer = 1024 * 1024;
// What one drain_notifications() reads before it lets the event loop go on.
constexpr int max_notifications_at_once = 1024;
// Datagrams that are not the reply, before an exchange is given up.
constexpr int max_skipped_datagrams = 64;
constexpr timeval reply_time_limit{1, 0};
constexpr int max_errno = 4095;

struct FamilyNumbers {
  std::uint16_t family = 0;
  int group = 0;
};

Unexpected no_upcall() {
  return invalid("the kernel has no handshake upcall (Linux 6.4 or later, CONFIG_NET_HANDSHAKE)",
                 std::errc::operation_not_supported);
}

Result<FamilyNumbers> resolve() {
  const Handle<nl_sock, nl_socket_free> socket(nl_socket_alloc());
  if (!socket)
    return netlink_error("opening a netlink socket", NLE_NOMEM);
  const int status = genl_connect(socket.get());
  if (status < 0)
    return netlink_error("connecting to generic netlink", status);
  const int family = genl_ctrl_resolve(socket.get(), handshake_uapi::family_name);
  if (family == -NLE_OBJ_NOTFOUND)
    return no_upcall();
  if (family < 0)
    return netlink_error("looking up the handshake family", family);
  const int group =
      genl_ctrl_resolve_grp(socket.get(), handshake_uapi::family_name, handshake_uapi::group_name);
  if (group == -NLE_OBJ_NOTFOUND)
    return no_upcall();
  if (group < 0)
    return netlink_error("looking up the handshake notifications", group);
  return FamilyNumbers{static_cast<std::uint16_t>(family), group};
}

Result<Fd> open_socket() {
  Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC));
  if (!socket)
    return errno_error("opening a netlink socket");
  // without an address of its own it is not sent multicasts, as if it were their sender
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0)
    return errno_error("binding a netlink socket");
  return socket;
}

Result<Fd> open_notifications(int group) {
  Fd socket = TRY(open_socket());
  // beyond the administrator's limit where we may; otherwise as much as that allows
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &notification_buffer,
                   sizeof(notification_buffer)) < 0 &&
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &notification_buffer,
                   sizeof(notification_buffer)) < 0)
    return errno_error("enlarging the buffer for handshake notifications");
  if (::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
    return errno_error("subscribing to handshake notifications");
  return socket;
}

Result<Fd> open_commands() {
  Fd socket = TRY(open_socket());
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &reply_time_limit,
                   sizeof(reply_time_limit)) < 0)
    return errno_error("limiting the wait for the kernel's replies");
  return socket;
}

struct Received {
  std::span<const std::byte> bytes;
  bool from_kernel = false;
  bool cut_off = false;
};

// An errno is returned as it is: some are news and not failures.
tl::expected<Received, int> receive(int fd, std::span<std::byte> buffer, int flags) {
  sockaddr_nl sender{};
  iovec part{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_name = &sender;
  header.msg_namelen = sizeof(sender);
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ssize_t size = -1;
  do
    size = ::recvmsg(fd, &header, flags | MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size < 0)
    return tl::make_unexpected(errno);
  return Received{buffer.first(static_cast<std::size_t>(size)),
                  header.msg_namelen == sizeof(sender) && sender.nl_pid == 0,
                  (header.msg_flags & MSG_TRUNC) != 0};
}

Result<> send(int fd, std::span<const std::byte> request) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t size = -1;
  do
    size = ::sendto(fd, request.data(), request.size(), 0,
                    reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel));
  while (size < 0 && errno == EINTR);
  if (size < 0)
    return errno_error("sending to the kernel's handshake family");
  return {};
}

void note(const KernelMessage& message, Notifications& found) {
  if (std::holds_alternative<Ready>(message.content))
    ++found.ready;
  else if (std::holds_alternative<Malformed>(message.content))
    found.resynchronise = true;
}

} // namespace

Result<HandshakeSocket> HandshakeSocket::create() {
  const FamilyNumbers numbers = TRY(resolve());
  Fd commands = TRY(open_commands());
  Fd notifications = TRY(open_notifications(numbers.group));
  return HandshakeSocket(numbers.family, std::move(notifications), std::move(commands));
}

Result<Notifications> HandshakeSocket::drain_notifications() {
  std::array<std::byte, max_datagram> buffer;
  Notifications found;
  for (int i = 0; i < max_notifications_at_once; ++i) {
    const auto received = receive(notifications_.get(), buffer, MSG_DONTWAIT);
    if (!received && (received.error() == EAGAIN))
      break;
    if (!received && received.error() == ENOBUFS) {
      found.resynchronise = true;
      continue;
    }
    if (!received)
      return errno_error("reading handshake notifications", received.error());
    if (!received->from_kernel)
      continue;
    for (const KernelMessage& message : parse_datagram(received->bytes, family_).messages)
      note(message, found);
  }
  return found;
}

Result<HandshakeSocket::Reply> HandshakeSocket::exchange(std::span<const std::byte> request,
                                                         std::uint32_t sequence) {
  std::array<std::byte, max_datagram> buffer;
  std::vector<Fd> descriptors;
  TRY(send(commands_.get(), request));
  for (int i = 0; i < max_skipped_datagrams; ++i) {
    const auto received = receive(commands_.get(), buffer, 0);
    if (!received)
      return errno_error("waiting for the kernel's reply",
                         received.error() == EAGAIN ? ETIMEDOUT : received.error());
    if (!received->from_kernel)
      continue;
    KernelDatagram datagram = parse_datagram(received->bytes, family_);
    for (const int fd : datagram.descriptors)
      descriptors.emplace_back(fd);
    const auto reply = std::ranges::find(datagram.messages, sequence, &KernelMessage::sequence);
    if (reply == datagram.messages.end())
      continue;
    if (received->cut_off)
      reply->content = Malformed{invalid("netlink datagram: too long").value()};
    return Reply{std::move(*reply), std::move(descriptors)};
  }
  return errno_error("waiting for the kernel's reply", ETIMEDOUT);
}

Result<std::optional<KernelHandshake>> HandshakeSocket::accept() {
  const std::uint32_t sequence = ++sequence_;
  Reply reply = TRY(exchange(build_accept(family_, sequence), sequence));
  std::optional<KernelHandshake> handshake;
  auto* accepted = std::get_if<AcceptReply>(&reply.message.content);
  for (Fd& socket : reply.descriptors) {
    if (accepted != nullptr && accepted->sockfd == socket.get())
      handshake = KernelHandshake{std::move(socket), std::move(accepted->parameters)};
    else
      (void)done(socket.get(), EIO, std::nullopt); // its consumer need not wait for nothing
  }
  if (handshake)
    return handshake;
  if (const auto* failed = std::get_if<Failed>(&reply.message.content)) {
    if (failed->error == EAGAIN)
      return std::nullopt;
    return errno_error("accepting a handshake from the kernel", failed->error);
  }
  if (auto* malformed = std::get_if<Malformed>(&reply.message.content))
    return add_context(std::move(malformed->error), "accepting a handshake from the kernel");
  return invalid("accepting a handshake from the kernel: unexpected reply", std::errc::bad_message);
}

Result<> HandshakeSocket::done(int sockfd, int status, std::optional<KeySerial> remote_peer) {
  check(status >= 0 && status <= max_errno, "handshake status is 0 or a positive errno");
  const std::uint32_t sequence = ++sequence_;
  const HandshakeOutcome outcome{sockfd, status, remote_peer};
  const Reply reply = TRY(exchange(build_done(family_, sequence, outcome), sequence));
  if (std::holds_alternative<Acknowledged>(reply.message.content))
    return {};
  if (const auto* failed = std::get_if<Failed>(&reply.message.content))
    return errno_error("reporting the end of a handshake to the kernel", failed->error);
  return invalid("reporting the end of a handshake to the kernel: unexpected reply",
                 std::errc::bad_message);
}

} // namespace ktls
