// SPDX-License-Identifier: GPL-2.0-or-later
// Rekeyer: the next keys of a session, given to its socket (RFC 8446, sections 4.6.3 and 7.2). The
// KeyUpdate itself its application sends, or has received.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "base/event_loop.hpp"
#include "base/reason.hpp"
#include "broker/handshake_request.hpp"
#include "broker/secret_store.hpp"
#include "ktls/ktls_socket.hpp"
#include "wire.hpp"

namespace ktls {

class Rekeyer {
public:
  using Cookie = SecretStore::Cookie;
  // Of one session, in both directions, counted by Prepare and Receive; then "key-update-limit". A
  // peer can ask for as many as it likes, and each costs us more than it.
  static constexpr std::uint32_t max_changes = 32;
  static constexpr std::chrono::seconds period{10};

  // `changes_keys`: the kernel can.
  Rekeyer(EventLoop& loop, SecretStore& secrets, bool changes_keys)
      : loop_(loop), secrets_(secrets), changes_keys_(changes_keys) {}

  // Of the session with this cookie, whose socket is `socket`.
  [[nodiscard]] Outcome run(wire::RekeyStep step, Cookie cookie, KtlsSocket& socket);
  void forget(Cookie cookie) { recent_.erase(cookie); }

  [[nodiscard]] bool is_able() const { return changes_keys_; }

  // Told of each change.
  using OnChange = std::function<void(Cookie, Direction)>;
  void on_change(OnChange call) { on_change_ = std::move(call); }

private:
  struct Recent {
    EventLoop::Clock::time_point began;
    std::uint32_t changes = 0;
  };
  [[nodiscard]] bool has_too_many(Cookie cookie);
  template<class Keys>
  Result<> change_keys(Direction direction, Cookie cookie, KtlsSocket& socket, bool only_try);

  EventLoop& loop_;
  SecretStore& secrets_;
  bool changes_keys_;
  std::unordered_map<Cookie, Recent> recent_;
  OnChange on_change_ = [](Cookie, Direction) {};
};

} // namespace ktls
