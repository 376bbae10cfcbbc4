// SPDX-License-Identifier: GPL-2.0-or-later
// Channel: one end of a SEQPACKET connection that carries small messages and descriptors.
#pragma once

#include <array>
#include <cstddef>
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
  explicit Channel(Fd socket) : socket_(std::move(socket)) {}

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
};

} // namespace ktls::ipc
