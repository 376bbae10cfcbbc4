// SPDX-License-Identifier: GPL-2.0-or-later
// FakePort: what a netlink socket receives, by a script, and what is sent on it.
#pragma once

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>
#include <variant>
#include <vector>

#include "netlink/netlink_bytes.hpp"
#include "netlink/netlink_port.hpp"

namespace ktls::test {

struct Datagram {
  Buffer bytes;
  bool from_kernel = true;
  bool cut_off = false;
};
struct Script {
  std::deque<std::variant<Datagram, int>> answers; // int: an errno
  std::vector<Buffer> sent;
  int received = 0;
};

class FakePort final : public NetlinkPort {
public:
  // `fd`: for an event loop; stays the caller's.
  explicit FakePort(Script& script, int fd = -1) : script_(script), fd_(fd) {}
  [[nodiscard]] int fd() const override { return fd_; }
  tl::expected<std::vector<Received>, int> receive_waiting(Batch& buffer) override {
    std::vector<Received> all;
    for (auto left = std::span<std::byte>(buffer); all.size() < max_batch;) {
      // an error is told when nothing came before it
      if (!all.empty() &&
          (script_.answers.empty() || std::holds_alternative<int>(script_.answers.front())))
        break;
      auto next = receive(left.first(batch_size));
      if (!next)
        return tl::make_unexpected(next.error());
      all.push_back(*next);
      left = left.subspan(batch_size);
    }
    return all;
  }
  tl::expected<Received, int> receive(std::span<std::byte> buffer) override {
    ++script_.received;
    if (script_.answers.empty())
      return tl::make_unexpected(EAGAIN);
    const auto next = std::move(script_.answers.front());
    script_.answers.pop_front();
    if (const int* number = std::get_if<int>(&next))
      return tl::make_unexpected(*number);
    const auto& datagram = std::get<Datagram>(next);
    std::copy(datagram.bytes.begin(), datagram.bytes.end(), buffer.begin());
    return Received{buffer.first(datagram.bytes.size()), datagram.from_kernel, datagram.cut_off};
  }
  Result<> send(std::span<const std::byte> request) override {
    script_.sent.emplace_back(request.begin(), request.end());
    return {};
  }
  Result<> subscribe(int) override { return {}; }

private:
  Script& script_;
  int fd_;
};

} // namespace ktls::test
