// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/traffic_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ktls {

template<Direction direction>
Result<TrafficKeys<direction>>
TrafficKeys<direction>::create(Cipher cipher, std::span<const std::byte> key,
                               std::span<const std::byte> iv,
                               std::span<const std::byte> record_sequence) {
  const CipherFacts& sizes = facts(cipher);
  if (key.size() != sizes.key_size || iv.size() != tls13_iv_size ||
      record_sequence.size() != record_sequence_size)
    return invalid(fmt::format("key material of {}: sizes {}, {} and {} instead of {}, {} and {}",
                               sizes.name, key.size(), iv.size(), record_sequence.size(),
                               sizes.key_size, tls13_iv_size, record_sequence_size));
  Secret bytes = TRY(Secret::create(key.size() + iv.size() + record_sequence.size()));
  TrafficKeys keys(cipher, std::move(bytes));
  auto end = std::ranges::copy(key, keys.bytes_.bytes().begin()).out;
  end = std::ranges::copy(iv, end).out;
  std::ranges::copy(record_sequence, end);
  return keys;
}

template class TrafficKeys<Direction::Transmit>;
template class TrafficKeys<Direction::Receive>;

} // namespace ktls
