// SPDX-License-Identifier: GPL-2.0-or-later
// KtlsSocket: the system calls that make a TCP socket a kernel TLS socket; the seam for tests.
#pragma once

#include <cstddef>
#include <span>

#include "base/reason.hpp"
#include "base/result.hpp"
#include "ktls/traffic_keys.hpp"

namespace ktls {

class KtlsSocket {
public:
  virtual ~KtlsSocket() = default;

  // setsockopt(2); 0 or a positive errno.
  virtual int set_option(int level, int name, std::span<const std::byte> value) = 0;
  // shutdown(2) of both directions. A socket that is not connected any more is as good.
  virtual void shut_down() = 0;
};

class TcpKtlsSocket final : public KtlsSocket {
public:
  // `fd` stays the caller's.
  explicit TcpKtlsSocket(int fd) : fd_(fd) {}

  int set_option(int level, int name, std::span<const std::byte> value) override;
  void shut_down() override;

private:
  int fd_;
};

// Attaches kernel TLS, without keys: the socket carries clear text as before. Before the handshake,
// as it can fail and cannot be undone. Success, AlreadyTls, NotConnected or KernelTlsUnavailable.
[[nodiscard]] Reason attach(KtlsSocket& socket);

// Gives an attached socket its keys. After an error the socket is shut down, and of no more use.
[[nodiscard]] Result<> install(KtlsSocket& socket, const TransmitKeys& transmit,
                               const ReceiveKeys& receive);

} // namespace ktls
