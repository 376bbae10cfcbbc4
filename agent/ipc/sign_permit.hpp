// SPDX-License-Identifier: GPL-2.0-or-later
// SignPermit: the broker's word that a worker may have one signature for a handshake. The worker
// passes it on to the signer, which checks it (tls/sign_permit.hpp).
#pragma once

#include <array>
#include <cstdint>

namespace ktls::ipc {

struct SignPermit {
  std::uint64_t worker;     // its serial number: AttachWorker::serial
  std::uint64_t handshake;  // StartHandshake::id
  std::uint32_t first_key;  // key ids from this one on ...
  std::uint32_t key_count;  // ... and this many
  std::uint64_t expires_ns; // CLOCK_MONOTONIC
  std::array<std::uint8_t, 32> mac;
};

} // namespace ktls::ipc
