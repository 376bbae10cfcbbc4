// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/handshake_socket.hpp"

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>

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
constexpr int max_batches_at_once = 64;
// Datagrams that an exchange reads before it is given up.
constexpr int max_datagrams = 64;

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

Unexpected reply_missing(int number) {
  return errno_error("waiting for the kernel's reply", number == EAGAIN ? ETIMEDOUT : number);
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
  auto commands = TRY(NetlinkSocket::create(NETLINK_GENERIC));
  auto notifications = TRY(NetlinkSocket::create(NETLINK_GENERIC));
  TRY(commands.connect_to_kernel());
  TRY(notifications.connect_to_kernel());
  TRY(notifications.set_buffer_size(notification_buffer));
  HandshakeSocket self(numbers.family, std::make_unique<NetlinkSocket>(std::move(notifications)),
                       std::make_unique<NetlinkSocket>(std::move(commands)));
  self.group_ = numbers.group;
  return self;
}

Result<> HandshakeSocket::subscribe() {
  return notifications_->subscribe(group_);
}

Result<KernelCapabilities> HandshakeSocket::probe() {
  std::array<std::byte, max_datagram> buffer;
  PolicyDump policy;
  const std::uint32_t sequence = ++sequence_;
  TRY(commands_->send(build_policy_request(family_, sequence)));
  for (int i = 0; i < max_datagrams; ++i) {
    const auto received = commands_->receive(buffer);
    if (!received)
      return reply_missing(received.error());
    if (!received->from_kernel)
      continue;
    if (received->cut_off)
      return invalid("policy dump: a datagram is too long");
    if (TRY(policy.add(received->bytes, sequence)) == PolicyDump::Progress::Complete)
      return capabilities_ = capabilities_of(policy);
  }
  return reply_missing(EAGAIN);
}

Result<Notifications> HandshakeSocket::drain_notifications() {
  NetlinkPort::Batch buffer;
  Notifications found;
  for (int i = 0; i < max_batches_at_once; ++i) {
    const auto batch = notifications_->receive_waiting(buffer);
    if (!batch && batch.error() == EAGAIN)
      break;
    if (!batch && batch.error() == ENOBUFS) {
      found.resynchronise = true;
      continue;
    }
    if (!batch)
      return errno_error("reading handshake notifications", batch.error());
    for (const auto& received : *batch) {
      if (!received.from_kernel)
        continue;
      for (const KernelMessage& message : parse_datagram(received.bytes, family_).messages)
        note(message, found);
    }
    if (batch->size() < NetlinkPort::max_batch)
      break; // that was all
  }
  return found;
}

Result<HandshakeSocket::Reply> HandshakeSocket::exchange(std::span<const std::byte> request,
                                                         std::uint32_t sequence) {
  std::array<std::byte, max_datagram> buffer;
  std::vector<Fd> descriptors;
  TRY(commands_->send(request));
  for (int i = 0; i < max_datagrams; ++i) {
    const auto received = commands_->receive(buffer);
    if (!received)
      return reply_missing(received.error());
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
  return reply_missing(EAGAIN);
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
      (void)done(socket.get(), EIO, std::nullopt, {}); // its consumer need not wait for nothing
  }
  if (handshake) {
    if (!capabilities_.tags)
      handshake->parameters.max_tags.reset(); // the number means something else
    return handshake;
  }
  if (const auto* failed = std::get_if<Failed>(&reply.message.content)) {
    if (failed->error == EAGAIN)
      return std::nullopt;
    return errno_error("accepting a handshake from the kernel", failed->error);
  }
  if (auto* malformed = std::get_if<Malformed>(&reply.message.content))
    return add_context(std::move(malformed->error), "accepting a handshake from the kernel");
  return invalid("accepting a handshake from the kernel: unexpected reply", std::errc::bad_message);
}

Result<> HandshakeSocket::done(int sockfd, int status, std::optional<KeySerial> remote_peer,
                               std::vector<std::string> tags) {
  check(status >= 0 && status <= max_errno, "handshake status is 0 or a positive errno");
  HandshakeOutcome outcome{sockfd, status, remote_peer, {}};
  if (status == 0 && capabilities_.tags)
    outcome.tags = sendable_tags(std::move(tags), std::nullopt);
  auto told = report(outcome);
  if (told || outcome.tags.empty() || told.error().code != std::errc::invalid_argument)
    return told;
  outcome.tags.clear();
  return report(outcome);
}

Result<> HandshakeSocket::report(const HandshakeOutcome& outcome) {
  const std::uint32_t sequence = ++sequence_;
  const Reply reply = TRY(exchange(build_done(family_, sequence, outcome), sequence));
  if (std::holds_alternative<Acknowledged>(reply.message.content))
    return {};
  if (const auto* failed = std::get_if<Failed>(&reply.message.content))
    return errno_error("reporting the end of a handshake to the kernel", failed->error);
  return invalid("reporting the end of a handshake to the kernel: unexpected reply",
                 std::errc::bad_message);
}

} // namespace ktls
