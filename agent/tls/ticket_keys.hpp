// SPDX-License-Identifier: GPL-2.0-or-later
// TicketKeys: a key for the session tickets of each profile, made from the one that all workers
// share. A ticket of one profile is worth nothing with another, which may judge its clients
// differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ktls::tls {

class TicketKeys {
public:
  // From here on the keys are made from this one.
  Result<> set(std::span<const std::byte> shared);

  // Of ticket_key_size bytes, valid until the next call of set(). Empty: there is none.
  [[nodiscard]] std::span<const std::byte> key_of(std::uint32_t profile) const;

private:
  std::optional<Secret> shared_;
  mutable std::map<std::uint32_t, Secret> made_; // when they are first asked for
};

} // namespace ktls::tls
