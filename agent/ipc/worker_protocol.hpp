// SPDX-License-Identifier: GPL-2.0-or-later
// The messages between the broker and a worker.
//
//   broker                          worker
//     AttachSigner + channel    →              for each signer, again when it was started anew
//     WorkerConfigure + memfd   →              once, before any handshake
//                               ←  WorkerReady | WorkerRefused
//     StartHandshake + socket   →
//     CancelHandshake           →
//     TicketKey                 →              at any time; the last one counts
//                               ←  ServerName, at most one, where the name chooses the profile
//     ChooseProfile             →              one for it
//                               ←  PeerCertificate, those of the peer, before a successful end
//                               ←  UserRequest, at most one, behind these
//     UserReply                 →              one for it
//                               ←  PskRequest, a few for each handshake that has none
//     PskReply                  →              one for each
//                               ←  HandshakeStep, a few for each handshake whose steps are wanted
//                               ←  KeyLogEntry, a few for each handshake whose keys are logged
//                               ←  HandshakeFinished, exactly one for each StartHandshake
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/reason.hpp"
#include "ipc/handshake_step.hpp"
#include "ipc/key_log_entry.hpp"
#include "ipc/profile.hpp"
#include "ipc/sign_permit.hpp"
#include "wire.hpp"

namespace ktls::ipc {

using wire::Header;
using wire::PeerCertificate;
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

// With this worker's end of a channel to that signer; without one while it does not run.
struct AttachSigner {
  static constexpr std::uint16_t type = 107;
  Header header;
  std::uint32_t key_id; // the key that it is for; 0: all that have no signer of their own
  std::uint32_t reserved;
  [[nodiscard]] bool valid() const { return reserved == 0; }
};

struct StartHandshake {
  static constexpr std::uint16_t type = 104;
  Header header;
  std::uint64_t id;
  std::uint64_t sent_ns;       // when, by CLOCK_MONOTONIC: from then on the limits count
  std::uint32_t profile;       // index in WorkerConfiguration::profiles; 0 where a name decides
  std::uint32_t timeout_ms;    // above 0; to the end of the handshake
  std::uint32_t first_byte_ms; // 1 to timeout_ms; to the first byte of the peer
  std::uint32_t anonymous;     // 1: as client, present no certificate
  std::uint32_t name_decides;  // 1: as server, the name that the peer asks for chooses the profile
  std::uint32_t asks_user;   // 1: as server, whose a client's certificate is. Safcheck asks anyway
  std::uint32_t tells_steps; // 1: by HandshakeStep
  std::uint32_t logs_keys;   // 1: by KeyLogEntry
  SignPermit permit;         // for the signer; where a name decides, ChooseProfile has it
  Text<256> peer_name;       // client: the name or address to verify the server by

  [[nodiscard]] bool valid() const {
    constexpr std::uint64_t centuries = std::uint64_t{1} << 62; // a sum does not overflow
    return sent_ns > 0 && sent_ns < centuries && timeout_ms > 0 &&
           timeout_ms <= wire::max_timeout_ms && first_byte_ms > 0 && first_byte_ms <= timeout_ms &&
           anonymous <= 1 && name_decides <= 1 && asks_user <= 1 && tells_steps <= 1 &&
           logs_keys <= 1 && peer_name.valid();
  }
};

// The name in a peer's ClientHello (RFC 6066, section 3), in a handshake whose profile it decides.
struct ServerName {
  static constexpr std::uint16_t type = 111;
  Header header;
  std::uint64_t id;
  Text<256> name; // in small letters; empty: it has none, or none that is a name
  [[nodiscard]] bool valid() const { return name.valid(); }
};

struct ChooseProfile {
  static constexpr std::uint16_t type = 112;
  Header header;
  std::uint64_t id;
  std::uint32_t profile;     // index in WorkerConfiguration::profiles
  std::uint32_t timeout_ms;  // from now on, with a profile; to the end of the handshake
  std::uint16_t reason;      // a Reason; Success: go on with the profile. Else end with this
  std::uint16_t asks_user;   // as in StartHandshake
  std::uint16_t tells_steps; // likewise
  std::uint16_t logs_keys;   // likewise
  SignPermit permit;         // for the signer
  [[nodiscard]] bool valid() const {
    return reason_from_number(reason).has_value() && asks_user <= 1 && tells_steps <= 1 &&
           logs_keys <= 1 && timeout_ms <= wire::max_timeout_ms && (reason != 0 || timeout_ms > 0);
  }
};

// Whose is the certificate that the peer has proved to hold? It was validated, and told with those
// behind it by PeerCertificate.
struct UserRequest {
  static constexpr std::uint16_t type = 113;
  static constexpr std::size_t max_name = 3584;
  Header header;
  std::uint64_t id;
  SpkiHash anchor_spki;   // of the trust anchor at which its chain ends
  Text<256> server_name;  // that the peer asked for, in small letters; empty: none
  Text<max_name> subject; // for the log: escaped, and perhaps cut
  Text<max_name> issuer;
  [[nodiscard]] bool valid() const {
    return server_name.valid() && subject.valid() && issuer.valid();
  }
};

struct UserReply {
  static constexpr std::uint16_t type = 114;
  Header header;
  std::uint64_t id;
  std::uint16_t reason; // a Reason; Success: go on. Else end with this
  std::uint16_t reserved[3];
  [[nodiscard]] bool valid() const {
    return reason_from_number(reason).has_value() &&
           std::all_of(std::begin(reserved), std::end(reserved),
                       [](std::uint16_t part) { return part == 0; });
  }
};

struct CancelHandshake {
  static constexpr std::uint16_t type = 105;
  Header header;
  std::uint64_t id;
  [[nodiscard]] bool valid() const { return true; }
};

// A worker's handshake needs a pre-shared key: as server that of `identity`, as client its own.
struct PskRequest {
  static constexpr std::uint16_t type = 110;
  Header header;
  std::uint64_t id;   // of the handshake
  Text<528> identity; // as the peer sent it; empty as client
  [[nodiscard]] bool valid() const { return identity.valid(); }
};

struct PskReply {
  static constexpr std::uint16_t type = 108;
  static constexpr std::size_t max_key = 64;
  Header header;
  std::uint64_t id;
  std::uint32_t size; // of the key; 0: there is none, and `identity` is empty
  std::uint32_t reserved;
  Text<528> identity;
  std::array<std::uint8_t, max_key> key; // zero behind `size`
  [[nodiscard]] bool valid() const {
    return size <= max_key && reserved == 0 && identity.valid() &&
           (size == 0) == identity.view().empty() &&
           std::all_of(key.begin() + size, key.end(), [](std::uint8_t b) { return b == 0; });
  }
};

// The key of session tickets, which all workers share.
struct TicketKey {
  static constexpr std::uint16_t type = 109;
  Header header;
  std::array<std::uint8_t, 64> key;
  [[nodiscard]] bool valid() const { return true; }
};

// Those of TLS 1.3 that the keys of application data are made of (RFC 8446, section 7.1); for the
// next ones, when keys change.
struct TrafficSecrets {
  static constexpr std::size_t max_size = 48;
  std::uint32_t size; // of each; 0: they are not told
  std::uint32_t reserved;
  std::array<std::uint8_t, max_size> send; // zero behind `size`
  std::array<std::uint8_t, max_size> receive;

  [[nodiscard]] bool valid() const {
    const auto zero_behind = [this](const auto& secret) {
      return std::all_of(secret.begin() + size, secret.end(),
                         [](std::uint8_t byte) { return byte == 0; });
    };
    return (size == 0 || size == 32 || size == max_size) && reserved == 0 && zero_behind(send) &&
           zero_behind(receive);
  }
};

// The worker has closed its copy of the socket before it sends this.
struct HandshakeFinished {
  static constexpr std::uint16_t type = 106;
  Header header;
  std::uint64_t id;
  std::uint16_t reason;        // a Reason; Success: the keys are installed
  std::uint16_t authenticated; // 1: the peer's certificate, or pre-shared key, was validated
  std::uint32_t resumed;       // 1: a session was resumed
  Text<16> protocol;
  Text<48> cipher;
  Text<32> group;          // of the key exchange, by its registry name
  Text<32> signature;      // of the peer, by its registry name
  Text<256> server_name;   // that the client asked for
  Text<256> alpn;          // one of the profile's
  Text<528> psk_identity;  // as the peer, or the profile, has it
  Text<1024> peer_subject; // escaped
  Text<1024> peer_issuer;  // escaped
  Text<512> detail;        // escaped; what the reason's own help does not say
  TrafficSecrets secrets;

  [[nodiscard]] bool valid() const {
    return reason_from_number(reason).has_value() && authenticated <= 1 && resumed <= 1 &&
           protocol.valid() && cipher.valid() && group.valid() && signature.valid() &&
           server_name.valid() && alpn.valid() && psk_identity.valid() && peer_subject.valid() &&
           peer_issuer.valid() && detail.valid() && secrets.valid() &&
           (secrets.size == 0 || reason == 0);
  }
};

} // namespace ktls::ipc
