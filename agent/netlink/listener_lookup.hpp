// SPDX-License-Identifier: GPL-2.0-or-later
// ListenerLookup: whether a TCP socket listens on a local address and port, in our network
// namespace. Nothing else of a connected socket tells whether it was accepted or connected.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/ip_address.hpp"
#include "base/result.hpp"
#include "netlink/netlink_port.hpp"

namespace ktls {

// A request of sock_diag(7) for the listener that a connection to there would find. Pure.
[[nodiscard]] std::vector<std::byte>
build_listener_query(const IpAddress& address, std::uint16_t port, std::uint32_t sequence);
// Whether the answer to it has one; an error when it is none. Pure.
[[nodiscard]] Result<bool> read_listener_answer(std::span<const std::byte> datagram,
                                                std::uint32_t sequence);

class ListenerLookup {
public:
  static Result<ListenerLookup> create();
  explicit ListenerLookup(std::unique_ptr<NetlinkPort> port) : port_(std::move(port)) {}

  // Whether it can be found out: a kernel without inet_diag or tcp_diag says of every listener that
  // there is none. Asks for one of our own, on the loopback interface.
  [[nodiscard]] Result<> try_out();

  // Costs two system calls; the kernel answers at once.
  [[nodiscard]] Result<bool> listens(const IpAddress& address, std::uint16_t port);

private:
  std::unique_ptr<NetlinkPort> port_;
  std::uint32_t sequence_ = 0;
};

} // namespace ktls
