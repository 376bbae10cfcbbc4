// SPDX-License-Identifier: GPL-2.0-or-later
// Connection: a Channel in an event loop, with a bounded queue for what cannot be sent at once.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/event_loop.hpp"
#include "base/result.hpp"
#include "ipc/channel.hpp"

namespace ktls::ipc {

class Connection {
public:
  struct Handlers {
    std::function<void(Packet)> on_packet;
    // The other end is gone, or the channel is broken. Called once, nothing after it.
    std::function<void()> on_closed;
    // All that had to wait in the queue has been sent. Optional.
    std::function<void()> on_sent;
  };
  static constexpr std::size_t max_queued_messages = 4096;

  // A handler may destroy the connection. `loop` must outlive it.
  static Result<std::unique_ptr<Connection>> create(EventLoop& loop, Channel channel,
                                                    Handlers handlers);

  // Sends or queues. `descriptor` stays the caller's and may be closed at once; -1 for none.
  // ENOBUFS at max_queued_messages.
  Result<> send_bytes(std::span<const std::byte> message, int descriptor = -1);
  template<class Message>
  Result<> send(const Message& message, int descriptor = -1) {
    return send_bytes(std::as_bytes(std::span(&message, 1)), descriptor);
  }

  // Nothing waits in the queue.
  [[nodiscard]] bool has_sent_all() const { return queue_.empty(); }

  // See discard_messages(); instead of on_packet.
  void drain(const std::function<void(std::span<const Fd>)>& look) {
    discard_messages(channel_, look);
  }
  // Ends it: nothing is received or sent any more. Not for one with messages in its queue.
  [[nodiscard]] Channel release() {
    source_.reset();
    return Channel(std::move(channel_));
  }
  // For questions about the other end; stays its own.
  [[nodiscard]] int fd() const { return channel_.fd(); }
  ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

private:
  struct Queued {
    std::vector<std::byte> message;
    Fd descriptor;
  };

  Connection(Channel channel, Handlers handlers)
      : channel_(std::move(channel)), handlers_(std::make_shared<Handlers>(std::move(handlers))) {}
  void on_io(std::uint32_t events);
  Result<> flush();
  void close();

  Channel channel_;
  std::shared_ptr<Handlers> handlers_; // outlives the connection while one of them runs
  std::deque<Queued> queue_;
  EventSource source_;
};

} // namespace ktls::ipc
