// SPDX-License-Identifier: GPL-2.0-or-later
// TrafficKeys: the key material of one direction of a TLS 1.3 connection.
#pragma once

#include <cstddef>
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
  // "[sender]_write_key" and "[sender]_write_iv" of RFC 8446, section 7.3, and the sequence number
  // of the next record, big endian: as gnutls_record_get_state() gives them. Refuses any other size
  // than the cipher's.
  static Result<TrafficKeys> create(Cipher cipher, std::span<const std::byte> key,
                                    std::span<const std::byte> iv,
                                    std::span<const std::byte> record_sequence);

  [[nodiscard]] Cipher cipher() const { return cipher_; }
  [[nodiscard]] std::span<const std::byte> key() const {
    return bytes_.bytes().first(facts(cipher_).key_size);
  }
  [[nodiscard]] std::span<const std::byte> iv() const {
    return bytes_.bytes().subspan(facts(cipher_).key_size, tls13_iv_size);
  }
  [[nodiscard]] std::span<const std::byte> record_sequence() const {
    return bytes_.bytes().last(record_sequence_size);
  }

private:
  TrafficKeys(Cipher cipher, Secret bytes) : cipher_(cipher), bytes_(std::move(bytes)) {}

  Cipher cipher_;
  Secret bytes_; // key, iv, record sequence number
};

// Distinct types, so that the two directions cannot be swapped.
using TransmitKeys = TrafficKeys<Direction::Transmit>;
using ReceiveKeys = TrafficKeys<Direction::Receive>;

extern template class TrafficKeys<Direction::Transmit>;
extern template class TrafficKeys<Direction::Receive>;

} // namespace ktls
