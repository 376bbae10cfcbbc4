// SPDX-License-Identifier: GPL-2.0-or-later
// FakeFamily: the kernel's side of the handshake upcall.
#pragma once

#include <sys/eventfd.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "netlink/handshake_family.hpp"

namespace ktls::test {

struct Done {
  int status;
  std::optional<KeySerial> remote_peer;
  std::vector<std::string> tags;
};

struct KernelState {
  Fd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  // what drain_notifications() gives; by default, how often notify() was called
  std::optional<Result<Notifications>> drained;
  std::deque<Result<std::optional<KernelHandshake>>> waiting; // what accept() gives, then none
  int accepts = 0;
  std::vector<Done> done;
  Result<> done_result;
  void notify() { (void)::eventfd_write(event.get(), 1); }
};

class FakeFamily final : public HandshakeFamily {
public:
  explicit FakeFamily(KernelState& state) : state_(state) {}
  [[nodiscard]] int fd() const override { return state_.event.get(); }
  Result<Notifications> drain_notifications() override {
    eventfd_t count = 0;
    (void)::eventfd_read(state_.event.get(), &count);
    return state_.drained.value_or(Notifications{static_cast<std::size_t>(count), false});
  }
  Result<std::optional<KernelHandshake>> accept() override {
    ++state_.accepts;
    if (state_.waiting.empty())
      return std::nullopt;
    auto next = std::move(state_.waiting.front());
    state_.waiting.pop_front();
    return next;
  }
  Result<> done(int, int status, std::optional<KeySerial> remote_peer,
                std::vector<std::string> tags) override {
    state_.done.push_back({status, remote_peer, std::move(tags)});
    return state_.done_result;
  }

private:
  KernelState& state_;
};

} // namespace ktls::test
