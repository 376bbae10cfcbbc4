// SPDX-License-Identifier: GPL-2.0-or-later
// HandshakeSocket: the kernel's handshake upcall over generic netlink.
#pragma once

#include <cstdint>
#include <span>

#include "netlink/handshake_family.hpp"

namespace ktls {

class HandshakeSocket final : public HandshakeFamily {
public:
  // For the network namespace that the caller is in. From here on the kernel takes it that there is
  // an agent, and its consumers wait for answers. accept() and done() need CAP_NET_ADMIN in the
  // initial user namespace.
  static Result<HandshakeSocket> create();

  [[nodiscard]] int fd() const override { return notifications_.get(); }
  Result<Notifications> drain_notifications() override;
  Result<std::optional<KernelHandshake>> accept() override;
  Result<> done(int sockfd, int status, std::optional<KeySerial> remote_peer) override;

private:
  struct Reply {
    KernelMessage message;
    std::vector<Fd> descriptors; // all that came, the reply's own and those of stale replies
  };

  HandshakeSocket(std::uint16_t family, Fd notifications, Fd commands)
      : family_(family), notifications_(std::move(notifications)), commands_(std::move(commands)) {}

  // Sends `request` and waits for the message with its sequence number.
  Result<Reply> exchange(std::span<const std::byte> request, std::uint32_t sequence);

  std::uint16_t family_;
  Fd notifications_;
  Fd commands_;
  std::uint32_t sequence_ = 0;
};

} // namespace ktls
