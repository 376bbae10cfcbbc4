// SPDX-License-Identifier: GPL-2.0-or-later
// TrafficKeys: the key material of one direction of a TLS 1.2 or 1.3 connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ktls/cipher.hpp"

namespace ktls {

enum class Direction { Transmit, Receive };

// Wiped when it goes. A moved-from object must not be used.
template<Direction direction>
class TrafficKeys {
public:
  // "[sender]_write_key" and "[sender]_write_iv" of RFC 8446, section 7.3, or of RFC 5246, section
  // 6.3, and the sequence number of the next record, big endian: as gnutls_record_get_state() gives
  // them. Refuses any other size than the suite's.
  static Result<TrafficKeys> create(Suite suite, std::span<const std::byte> key,
                                    std::span<const std::byte> iv,
                                    std::span<const std::byte> record_sequence);

  [[nodiscard]] Suite suite() const { return suite_; }
  [[nodiscard]] std::span<const std::byte> key() const {
    return bytes_.bytes().first(facts(suite_.cipher).key_size);
  }
  [[nodiscard]] std::span<const std::byte> iv() const {
    return bytes_.bytes().subspan(facts(suite_.cipher).key_size, iv_size(suite_));
  }
  [[nodiscard]] std::span<const std::byte> record_sequence() const {
    return bytes_.bytes().last(record_sequence_size);
  }
  // The same as a number.
  [[nodiscard]] std::uint64_t next_record() const;

private:
  TrafficKeys(Suite suite, Secret bytes) : suite_(suite), bytes_(std::move(bytes)) {}

  Suite suite_;
  Secret bytes_; // key, iv, record sequence number
};

// Distinct types, so that the two directions cannot be swapped.
using TransmitKeys = TrafficKeys<Direction::Transmit>;
using ReceiveKeys = TrafficKeys<Direction::Receive>;

extern template class TrafficKeys<Direction::Transmit>;
extern template class TrafficKeys<Direction::Receive>;

} // namespace ktls
