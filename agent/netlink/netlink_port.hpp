// SPDX-License-Identifier: GPL-2.0-or-later
// NetlinkPort: datagrams to and from the kernel; the seam for the tests of HandshakeSocket.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace ktls {

class NetlinkPort {
public:
  struct Received {
    std::span<const std::byte> bytes; // of the caller's buffer
    bool from_kernel = false;         // false: some process sent it
    bool cut_off = false;             // the buffer was too small for it
  };

  virtual ~NetlinkPort() = default;

  [[nodiscard]] virtual int fd() const = 0;
  // Waits for one. An errno is returned as it is: some are news and not failures. EAGAIN: none came
  // within the time limit.
  virtual tl::expected<Received, int> receive(std::span<std::byte> buffer) = 0;
  // What is there of `max_batch` datagrams of at most `batch_size` bytes, which fit into the
  // caller's buffer; or why the first cannot be had, as above.
  static constexpr std::size_t max_batch = 16;
  static constexpr std::size_t batch_size = 1024;
  using Batch = std::array<std::byte, max_batch * batch_size>;
  virtual tl::expected<std::vector<Received>, int> receive_waiting(Batch& buffer) = 0;
  virtual Result<> send(std::span<const std::byte> request) = 0;
  virtual Result<> subscribe(int group) = 0;

protected:
  NetlinkPort() = default;
  NetlinkPort(NetlinkPort&&) = default;
  NetlinkPort& operator=(NetlinkPort&&) = default;
};

// A socket of generic netlink, in the network namespace where it was opened.
class NetlinkSocket final : public NetlinkPort {
public:
  static Result<NetlinkSocket> create(int protocol);

  // From here on no process can send anything to this socket: it gets ECONNREFUSED
  // (netlink_getsockbyportid() in net/netlink/af_netlink.c). It could fill the buffer otherwise, so
  // that the kernel's replies are lost.
  Result<> connect_to_kernel();
  // For notifications. Beyond the administrator's limit where we may; otherwise up to that.
  Result<> set_buffer_size(int bytes);

  [[nodiscard]] int fd() const override { return socket_.get(); }
  tl::expected<Received, int> receive(std::span<std::byte> buffer) override;
  tl::expected<std::vector<Received>, int> receive_waiting(Batch& buffer) override;
  Result<> send(std::span<const std::byte> request) override;
  Result<> subscribe(int group) override;

private:
  explicit NetlinkSocket(Fd socket) : socket_(std::move(socket)) {}

  Fd socket_;
};

} // namespace ktls
