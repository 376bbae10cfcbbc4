// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/traffic_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ktls {

template<Direction direction>
Result<TrafficKeys<direction>>
TrafficKeys<direction>::create(Suite suite, std::span<const std::byte> key,
                               std::span<const std::byte> iv,
                               std::span<const std::byte> record_sequence) {
  const CipherFacts& sizes = facts(suite.cipher);
  if (key.size() != sizes.key_size || iv.size() != iv_size(suite) ||
      record_sequence.size() != record_sequence_size)
    return invalid(fmt::format(
        "key material of {} for the cipher of {}: sizes {}, {} and {} instead of {}, {} and {}",
        name_of(suite.protocol), sizes.name, key.size(), iv.size(), record_sequence.size(),
        sizes.key_size, iv_size(suite), record_sequence_size));
  Secret bytes = TRY(Secret::create(key.size() + iv.size() + record_sequence.size()));
  TrafficKeys keys(suite, std::move(bytes));
  auto end = std::ranges::copy(key, keys.bytes_.bytes().begin()).out;
  end = std::ranges::copy(iv, end).out;
  std::ranges::copy(record_sequence, end);
  return keys;
}

template<Direction direction>
std::uint64_t TrafficKeys<direction>::next_record() const {
  std::uint64_t number = 0;
  for (const std::byte byte : record_sequence())
    number = number << 8U | std::to_integer<std::uint64_t>(byte);
  return number;
}

template class TrafficKeys<Direction::Transmit>;
template class TrafficKeys<Direction::Receive>;

} // namespace ktls
