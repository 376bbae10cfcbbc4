// SPDX-License-Identifier: GPL-2.0-or-later
// HandshakeFamily: what the broker does with the kernel's handshake upcall; the seam for its tests.
#pragma once

#include <cstddef>
#include <optional>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "netlink/handshake_message.hpp"

namespace ktls {

struct Notifications {
  std::size_t ready = 0;
  // Notifications were lost, or not understood: ask with accept() whether there are requests.
  bool resynchronise = false;
};

struct KernelHandshake {
  Fd socket; // a duplicate; the consumer in the kernel keeps its own reference
  HandshakeParameters parameters;
};

// No function blocks for longer than one second, and each is at once on a sound kernel.
class HandshakeFamily {
public:
  virtual ~HandshakeFamily() = default;

  // Of the notifications, for the event loop; readable when drain_notifications() is due.
  [[nodiscard]] virtual int fd() const = 0;

  // Reads what is pending. The kernel notifies of each request once, when it waits already
  // (handshake_req_submit() in net/handshake/request.c); it may be withdrawn since. So accept() is
  // due once for each that was `ready`, and until it gives none at the start and to resynchronise.
  virtual Result<Notifications> drain_notifications() = 0;

  // None when no request waits. An error concerns one request: it is safe to go on.
  virtual Result<std::optional<KernelHandshake>> accept() = 0;

  // Ends the handshake of `sockfd` (any duplicate of the socket), and returns when the kernel has
  // confirmed it. `status`: 0 or a positive errno. EBUSY: the kernel knows no such handshake, for
  // example because its consumer gave up. `tags` are left out where the kernel takes none.
  virtual Result<> done(int sockfd, int status, std::optional<KeySerial> remote_peer,
                        std::vector<std::string> tags) = 0;

protected:
  HandshakeFamily() = default;
  HandshakeFamily(HandshakeFamily&&) = default;
  HandshakeFamily& operator=(HandshakeFamily&&) = default;
};

} // namespace ktls
