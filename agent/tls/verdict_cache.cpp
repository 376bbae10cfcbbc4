// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/verdict_cache.hpp"

#include <gnutls/crypto.h>

#include <algorithm>

namespace ktls::tls {
namespace {

// A length before each part: where one ends and the next begins counts too.
bool add(gnutls_hash_hd_t hash, std::span<const std::byte> part) {
  const std::uint64_t size = part.size();
  return gnutls_hash(hash, &size, sizeof size) == 0 &&
         (part.empty() || gnutls_hash(hash, part.data(), part.size()) == 0);
}

} // namespace

std::optional<VerdictCache::Key>
VerdictCache::key_of(const std::vector<std::span<const std::byte>>& chain, std::string_view name) {
  gnutls_hash_hd_t hash = nullptr;
  if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
    return std::nullopt;
  bool sound = add(hash, std::as_bytes(std::span(name)));
  for (const auto part : chain)
    sound = sound && add(hash, part);
  Key key{};
  gnutls_hash_deinit(hash, key.data());
  if (!sound)
    return std::nullopt;
  return key;
}

std::optional<Verdict> VerdictCache::find(const Key& key, Clock::time_point now) const {
  const auto found = entries_.find(key);
  // a clock that was set back makes it as unknown as one that has gone on
  if (found == entries_.end() || now < found->second.from || now >= found->second.to)
    return std::nullopt;
  return found->second.verdict;
}

void VerdictCache::remember(const Key& key, const Verdict& verdict, Clock::time_point now) {
  const auto to = std::min(now + life, Clock::from_time_t(verdict.expires));
  if (verdict.reason != Reason::Success || !verdict.authenticated || to <= now)
    return;
  if (entries_.size() >= max_entries)
    entries_.clear(); // cheap, and what is in use comes back at once
  entries_.insert_or_assign(key, Entry{verdict, now, to});
}

} // namespace ktls::tls
