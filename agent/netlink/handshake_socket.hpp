// SPDX-License-Identifier: GPL-2.0-or-later
// HandshakeSocket: the kernel's handshake upcall over generic netlink.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "netlink/handshake_family.hpp"
#include "netlink/kernel_capabilities.hpp"
#include "netlink/netlink_port.hpp"

namespace ktls {

class HandshakeSocket final : public HandshakeFamily {
public:
  // For the network namespace that the caller is in. accept() and done() need CAP_NET_ADMIN in the
  // initial user namespace.
  static Result<HandshakeSocket> create();
  HandshakeSocket(std::uint16_t family, std::unique_ptr<NetlinkPort> notifications,
                  std::unique_ptr<NetlinkPort> commands)
      : family_(family), notifications_(std::move(notifications)), commands_(std::move(commands)) {}

  // Asks what this kernel takes beyond what all take; until then, and after a failure, nothing.
  Result<KernelCapabilities> probe();
  // From here on the kernel takes it that there is an agent, and its consumers wait for answers.
  Result<> subscribe();

  [[nodiscard]] int fd() const override { return notifications_->fd(); }
  Result<Notifications> drain_notifications() override;
  Result<std::optional<KernelHandshake>> accept() override;
  Result<> done(int sockfd, int status, std::optional<KeySerial> remote_peer,
                std::vector<std::string> tags) override;

private:
  struct Reply {
    KernelMessage message;
    std::vector<Fd> descriptors; // all that came, the reply's own and those of stale replies
  };

  // Sends `request` and waits for the message with its sequence number.
  Result<Reply> exchange(std::span<const std::byte> request, std::uint32_t sequence);

  Result<> report(const HandshakeOutcome& outcome);

  std::uint16_t family_;
  int group_ = 0;
  std::unique_ptr<NetlinkPort> notifications_;
  std::unique_ptr<NetlinkPort> commands_;
  KernelCapabilities capabilities_;
  std::uint32_t sequence_ = 0;
};

} // namespace ktls
