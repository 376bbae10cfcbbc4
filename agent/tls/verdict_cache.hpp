// SPDX-License-Identifier: GPL-2.0-or-later
// VerdictCache: peers whose certificates were found good a moment ago. Verifying a chain takes more
// than a third of a handshake's CPU, and those who connect often show the same one each time.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tls/clock.hpp"
#include "tls/peer_verifier.hpp"

namespace ktls::tls {

// Of one profile: the same trust anchors, role and limits for all. Only good verdicts are kept,
// each for what it was about, to the byte: the whole chain, and the name that was asked for. That
// the peer has the private key is proved in each handshake anew.
class VerdictCache {
public:
  using Key = std::array<std::uint8_t, 32>;
  // Also the longest time for which a change of what GnuTLS looks at, such as an anchor that
  // expires, goes unnoticed.
  static constexpr std::chrono::seconds life{60};
  static constexpr std::size_t max_entries = 1024;

  // SHA-256 of all of them, with their lengths. None where it cannot be had.
  static std::optional<Key> key_of(const std::vector<std::span<const std::byte>>& chain,
                                   std::string_view name);

  [[nodiscard]] std::optional<Verdict> find(const Key& key, Clock::time_point now) const;
  // Does nothing unless `verdict` is good, and its certificates do not expire at once.
  void remember(const Key& key, const Verdict& verdict, Clock::time_point now);

private:
  struct Entry {
    Verdict verdict;
    Clock::time_point from;
    Clock::time_point to;
  };
  std::map<Key, Entry> entries_;
};

} // namespace ktls::tls
