// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/connection.hpp"

#include <fcntl.h>
#include <sys/epoll.h>

#include "base/secret.hpp"

namespace ktls::ipc {

Result<std::unique_ptr<Connection>> Connection::create(EventLoop& loop, Channel channel,
                                                       Handlers handlers) {
  std::unique_ptr<Connection> self(new Connection(std::move(channel), std::move(handlers)));
  self->source_ = TRY(loop.on_io(self->channel_.fd(), EPOLLIN,
                                 [raw = self.get()](std::uint32_t events) { raw->on_io(events); }));
  return self;
}

Result<> Connection::send_bytes(std::span<const std::byte> message, int descriptor) {
  if (queue_.empty() && TRY(channel_.send(message, descriptor)))
    return {};
  if (queue_.size() >= max_queued_messages)
    return errno_error("queueing a message", ENOBUFS);
  Fd copy;
  if (descriptor >= 0) {
    copy.reset(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!copy)
      return errno_error("duplicating a descriptor");
  }
  queue_.push_back({{message.begin(), message.end()}, std::move(copy)});
  if (queue_.size() == 1)
    set_events(source_, EPOLLIN | EPOLLOUT);
  return {};
}

Result<> Connection::flush() {
  while (!queue_.empty()) {
    const auto& next = queue_.front();
    if (!TRY(channel_.send(next.message, next.descriptor.get())))
      return {};
    wipe(queue_.front().message); // there may be keys in it
    queue_.pop_front();
  }
  set_events(source_, EPOLLIN);
  return {};
}

void Connection::close() {
  source_.reset();
  const auto handlers = handlers_; // the handler may destroy *this
  handlers->on_closed();
}

void Connection::on_io(std::uint32_t events) {
  const auto handlers = handlers_; // a handler may destroy *this
  if ((events & EPOLLOUT) != 0) {
    if (!flush())
      return close();
    if (queue_.empty() && handlers->on_sent)
      return handlers->on_sent(); // what there is to receive, the next turn tells
  }
  // One at a time, so that a busy peer does not hold up the others; and to ask whether there is
  // another would cost as much as the next turn of the loop, which tells.
  auto received = channel_.receive();
  if (!received || std::holds_alternative<Closed>(*received))
    return close();
  if (auto* packet = std::get_if<Packet>(&*received))
    handlers->on_packet(std::move(*packet));
}

} // namespace ktls::ipc
