// SPDX-License-Identifier: GPL-2.0-or-later
// The messages between the broker and a worker.
//
//   broker                          worker
//     WorkerConfigure + memfd   →              once, first
//                               ←  WorkerReady | WorkerRefused
//     StartHandshake + socket   →
//     CancelHandshake           →
//                               ←  HandshakeFinished, exactly one for each StartHandshake
#pragma once

#include <cstdint>

#include "base/reason.hpp"
#include "ipc/profile.hpp"
#include "wire.hpp"

namespace ktls::ipc {

using wire::Header;
using wire::Text;

struct WorkerConfigure {
  static constexpr std::uint16_t type = 101;
  Header header;
  [[nodiscard]] bool valid() const { return true; }
};

struct WorkerReady {
  static constexpr std::uint16_t type = 102;
  Header header;
  [[nodiscard]] bool valid() const { return true; }
};

struct WorkerRefused {
  static constexpr std::uint16_t type = 103;
  Header header;
  Text<512> detail;
  [[nodiscard]] bool valid() const { return detail.valid(); }
};

struct StartHandshake {
  static constexpr std::uint16_t type = 104;
  Header header;
  std::uint64_t id;
  std::uint32_t profile;       // index in WorkerConfiguration::profiles
  std::uint32_t timeout_ms;    // above 0; to the end of the handshake
  std::uint32_t first_byte_ms; // 1 to timeout_ms; to the first byte of the peer
  std::uint32_t anonymous;     // 1: as client, present no certificate
  Text<256> peer_name;         // client: the name or address to verify the server by

  [[nodiscard]] bool valid() const {
    return timeout_ms > 0 && timeout_ms <= wire::max_timeout_ms && first_byte_ms > 0 &&
           first_byte_ms <= timeout_ms && anonymous <= 1 && peer_name.valid();
  }
};

struct CancelHandshake {
  static constexpr std::uint16_t type = 105;
  Header header;
  std::uint64_t id;
  [[nodiscard]] bool valid() const { return true; }
};

// The worker has closed its copy of the socket before it sends this.
struct HandshakeFinished {
  static constexpr std::uint16_t type = 106;
  Header header;
  std::uint64_t id;
  std::uint16_t reason;        // a Reason; Success: the keys are installed
  std::uint16_t authenticated; // 1: the peer's certificate was validated
  std::uint32_t reserved;
  Text<16> protocol;
  Text<48> cipher;
  Text<1024> peer_subject; // escaped
  Text<512> detail;        // escaped; what the reason's own help does not say

  [[nodiscard]] bool valid() const {
    return reason_from_number(reason).has_value() && authenticated <= 1 && reserved == 0 &&
           protocol.valid() && cipher.valid() && peer_subject.valid() && detail.valid();
  }
};

} // namespace ktls::ipc
