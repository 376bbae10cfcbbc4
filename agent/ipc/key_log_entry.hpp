// SPDX-License-Identifier: GPL-2.0-or-later
// KeyLogEntry: a secret of a session, from a worker, where the profile has key_log_file.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "wire.hpp"

namespace ktls::ipc {

// The labels of SSLKEYLOGFILE (NSS Key Log Format).
enum class KeyLabel : std::uint16_t {
  ClientRandom = 1, // TLS 1.2: the master secret
  ClientEarlyTrafficSecret = 2,
  EarlyExporterSecret = 3,
  ClientHandshakeTrafficSecret = 4,
  ServerHandshakeTrafficSecret = 5,
  ClientTrafficSecret0 = 6,
  ServerTrafficSecret0 = 7,
  ExporterSecret = 8,
};
inline constexpr auto last_key_label = KeyLabel::ExporterSecret;

// Whoever has held one wipes it.
struct KeyLogEntry {
  static constexpr std::uint16_t type = 116;
  static constexpr std::size_t max_entries = 16; // of one handshake
  static constexpr std::size_t max_secret = 64;
  wire::Header header;
  std::uint64_t id; // of the handshake
  KeyLabel label;
  std::uint16_t size; // of the secret
  std::uint32_t reserved;
  std::array<std::uint8_t, 32> client_random;
  std::array<std::uint8_t, max_secret> secret; // zero behind `size`

  [[nodiscard]] bool valid() const {
    return label >= KeyLabel::ClientRandom && label <= last_key_label && size > 0 &&
           size <= max_secret && reserved == 0 &&
           std::all_of(secret.begin() + size, secret.end(), [](std::uint8_t b) { return b == 0; });
  }
};

} // namespace ktls::ipc
