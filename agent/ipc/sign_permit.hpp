// SPDX-License-Identifier: GPL-2.0-or-later
// SignPermit: the broker's word that a worker may have one signature for a handshake. The worker
// passes it on to the signer, which checks it (tls/sign_permit.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ktls::ipc {

inline constexpr std::size_t max_permit_keys = 64;

struct SignPermit {
  std::uint64_t worker;                            // its serial number: AttachWorker::serial
  std::uint64_t handshake;                         // StartHandshake::id
  std::uint64_t expires_ns;                        // CLOCK_MONOTONIC
  std::array<std::uint32_t, max_permit_keys> keys; // ids, in any order; 0: none
  std::array<std::uint8_t, 32> mac;
};

} // namespace ktls::ipc
