// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/rekeyer.hpp"

#include <algorithm>
#include <array>

#include "ktls/key_change.hpp"
#include "tls/key_schedule.hpp"

namespace ktls {
namespace {

template<class Keys>
Result<Keys> first_keys(Suite suite, std::span<const std::byte> secret) {
  // "Each sequence number is set to zero [...] whenever the key is changed" (section 5.3)
  constexpr std::array<std::byte, record_sequence_size> zero{};
  const auto write = TRY(tls::write_key_of(secret, facts(suite.cipher).key_size, iv_size(suite)));
  return Keys::create(suite, write.key.bytes(), write.iv.bytes(), zero);
}

bool is_key_of(const KeyInUse& in_use, std::span<const std::byte> key) {
  return std::ranges::equal(std::as_const(in_use.key).bytes(), key);
}

} // namespace

// What the kernel has decides: an agent that ended behind giving it the next keys may not have
// written down that it did.
template<class Keys>
Result<> Rekeyer::change_keys(Direction direction, Cookie cookie, KtlsSocket& socket,
                              bool only_try) {
  const auto secret = *secrets_.find(cookie, direction);
  const auto in_use = TRY(key_in_use(socket, direction));
  if (in_use.suite.protocol != Protocol::Tls13)
    return invalid("the socket has keys of TLS 1.2");
  const auto next = TRY(tls::next_traffic_secret(secret));
  const auto next_keys = TRY(first_keys<Keys>(in_use.suite, next.bytes()));
  const auto keys = TRY(first_keys<Keys>(in_use.suite, secret));
  const bool changed = is_key_of(in_use, next_keys.key());
  if (!changed && !is_key_of(in_use, keys.key()))
    return invalid("the socket has other keys than the agent has given it");
  if (only_try && !changed)
    return {};
  if (!changed)
    TRY(change(socket, next_keys));
  secrets_.replace(cookie, direction, next.bytes());
  if (!only_try)
    on_change_(cookie, direction);
  return {};
}

Outcome Rekeyer::run(wire::RekeyStep step, Cookie cookie, KtlsSocket& socket) {
  if (!changes_keys_)
    return failure(Reason::KeyUpdateUnsupported, "this kernel cannot; Linux 6.14 and later can");
  if (!secrets_.find(cookie, Direction::Transmit))
    return failure(Reason::KeyUpdateUnsupported,
                   "the agent knows no traffic secrets of this socket");
  const bool only_try = step == wire::RekeyStep::Prepare;
  // not Send: the peer has been told by then
  if (step != wire::RekeyStep::Send && has_too_many(cookie))
    return failure(Reason::KeyUpdateLimit);
  const auto done = step == wire::RekeyStep::Receive
                        ? change_keys<ReceiveKeys>(Direction::Receive, cookie, socket, false)
                        : change_keys<TransmitKeys>(Direction::Transmit, cookie, socket, only_try);
  if (!done)
    return failure(Reason::KeyInstallFailed, done.error().message());
  return failure(Reason::Success);
}

bool Rekeyer::has_too_many(Cookie cookie) {
  auto& recent = recent_[cookie];
  const auto now = loop_.now();
  if (now >= recent.began + period)
    recent = {now, 0};
  return ++recent.changes > max_changes;
}

} // namespace ktls
