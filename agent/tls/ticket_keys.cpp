// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/ticket_keys.hpp"

#include <gnutls/crypto.h>

#include <algorithm>

#include "tls/session.hpp"

namespace ktls::tls {

Result<> TicketKeys::set(std::span<const std::byte> shared) {
  auto copy = TRY(Secret::create(shared.size()));
  std::ranges::copy(shared, copy.bytes().begin());
  made_.clear();
  shared_ = std::move(copy);
  return {};
}

std::span<const std::byte> TicketKeys::key_of(std::uint32_t profile) const {
  if (!shared_)
    return {};
  if (const auto known = made_.find(profile); known != made_.end())
    return known->second.bytes();
  auto key = Secret::create(ticket_key_size);
  const auto shared = shared_->bytes();
  // a MAC of just the size that is needed, with the profile as what it is about
  static_assert(ticket_key_size == 64, "HMAC-SHA-512");
  if (!key || gnutls_hmac_fast(GNUTLS_MAC_SHA512, shared.data(), shared.size(), &profile,
                               sizeof profile, key->bytes().data()) < 0)
    return {};
  return made_.emplace(profile, std::move(*key)).first->second.bytes();
}

} // namespace ktls::tls
