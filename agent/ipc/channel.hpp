// SPDX-License-Identifier: GPL-2.0-or-later
// Channel: one end of a SEQPACKET connection that carries small messages and descriptors.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace ktls::ipc {

inline constexpr std::size_t max_message_size = 8192;
// Room for descriptors in one message. Every message of ours carries at most one: the rest is there
// to tell "two" from "far too many"; the kernel closes what finds no room.
inline constexpr std::size_t max_descriptors = 4;
// The most that one message can carry at all: SCM_MAX_FD of the kernel.
inline constexpr std::size_t all_descriptors = 253;

struct Packet {
  std::vector<std::byte> data;
  std::vector<Fd> descriptors;
  bool data_truncated = false;
  bool descriptors_truncated = false;
};
struct Nothing {}; // would block
struct Closed {};  // the other end is gone
using Received = std::variant<Packet, Nothing, Closed>;

class Channel {
public:
  // `room`: for descriptors in a message that is received.
  explicit Channel(Fd socket, std::size_t room = max_descriptors)
      : socket_(std::move(socket)), room_(room) {}

  // Two connected ends.
  static Result<std::pair<Channel, Channel>> pair();

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] Fd release() { return std::move(socket_); }

  // Does not block: false when the other end's queue is full. `descriptor` stays the caller's; -1
  // for none.
  Result<bool> send(std::span<const std::byte> message, int descriptor = -1);
  // Does not block.
  Result<Received> receive();

private:
  Fd socket_;
  std::size_t room_;
};

// Takes no more messages, and gives the descriptors of those that wait to `look`, then closes them;
// does not wait itself. Before a channel is closed whose other end is not ours: the kernel closes
// what nobody read, and that may wait.
void discard_messages(Channel& channel, const std::function<void(std::span<const Fd>)>& look);

} // namespace ktls::ipc
