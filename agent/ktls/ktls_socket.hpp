// SPDX-License-Identifier: GPL-2.0-or-later
// KtlsSocket: the system calls that make a TCP socket a kernel TLS socket; the seam for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  // getsockopt(2) of a value of exactly this size; 0 or a positive errno.
  virtual int get_option(int level, int name, std::span<std::byte> value) = 0;
  // shutdown(2) of both directions. A socket that is not connected any more is as good.
  virtual void shut_down() = 0;
};

class TcpKtlsSocket final : public KtlsSocket {
public:
  // `fd` stays the caller's.
  explicit TcpKtlsSocket(int fd) : fd_(fd) {}

  int set_option(int level, int name, std::span<const std::byte> value) override;
  int get_option(int level, int name, std::span<std::byte> value) override;
  void shut_down() override;

private:
  int fd_;
};

// Has the kernel send records of at most `payload` bytes of data. 0 or a positive errno;
// ENOPROTOOPT: this kernel cannot.
[[nodiscard]] int set_max_payload(KtlsSocket& socket, std::uint16_t payload);

// Attaches kernel TLS, without keys: the socket carries clear text as before. Before the handshake,
// as it can fail and cannot be undone. Success, AlreadyTls, NotConnected or KernelTlsUnavailable.
[[nodiscard]] Reason attach(KtlsSocket& socket);

// What the next records have to be like.
struct NextRecords {
  std::uint64_t sent; // their numbers
  std::uint64_t received;
  // The peer's record_size_limit (RFC 8449). Default: it did not ask for one.
  std::optional<std::uint16_t> size_limit = std::nullopt;
};
// Right behind a handshake: what was sent and received under the keys that the kernel is to get. In
// TLS 1.2 that is the Finished message of each side, in TLS 1.3 only what the server sends behind
// the handshake: `tickets`, in as many records.
[[nodiscard]] constexpr NextRecords behind_handshake(Protocol protocol, std::uint64_t tickets = 0) {
  return protocol == Protocol::Tls12 ? NextRecords{1, 1} : NextRecords{tickets, 0};
}

// Gives an attached socket its keys. After an error the socket is shut down, and of no more use.
// The sequence numbers of the keys must be those of `next`: a number used twice under one key gives
// the key away (RFC 8446, section 5.3: "the nonce must be unique"). Default: behind_handshake().
// A size limit below the protocol's own is an error on a kernel that cannot keep it (see
// cipher_probe.hpp): the peer would end the connection at the first long record.
[[nodiscard]] Result<> install(KtlsSocket& socket, const TransmitKeys& transmit,
                               const ReceiveKeys& receive, const NextRecords& next);
[[nodiscard]] Result<> install(KtlsSocket& socket, const TransmitKeys& transmit,
                               const ReceiveKeys& receive);

} // namespace ktls
