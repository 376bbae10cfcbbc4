// SPDX-License-Identifier: GPL-2.0-or-later
// Verification: what a peer's certificate is judged by. Public data only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ktls::ipc {

using Der = std::vector<std::byte>;
// Of a DER SubjectPublicKeyInfo, as in RFC 7469, section 2.4.
using SpkiHash = std::array<std::uint8_t, 32>;

// Whom to believe; shared by the profiles that name the same files.
struct TrustStore {
  std::vector<Der> anchors; // X.509 certificates
  std::vector<Der> crls;    // RFC 5280, section 5

  bool operator==(const TrustStore&) const = default;
};

// AT-TLS: RevocationSecurityLevel, for lists in files. A certificate that a list names is refused
// at each level.
enum class RevocationLevel : std::uint8_t {
  None = 0,   // no list is looked at
  Low = 1,    // an issuer without a list, or with one that is stale, is passed over
  Medium = 2, // an issuer without a list is passed over; a stale one refuses
  High = 3,   // each issuer in the chain must have a current list
};

// What a certificate must show beyond being possessed. AT-TLS: of a server, HostReferenceId...; of
// a client, ClientAuthType, which says besides whether there must be one.
enum class Proof : std::uint8_t {
  Nothing = 0, // any certificate; pins still count
  Chain = 1,   // a chain to a trust anchor
  Name = 2,    // that, and the name that was asked for
};

// Where no peer is to show a chain.
inline constexpr std::uint32_t no_trust_store = 0xffffffff;

struct Verification {
  std::uint32_t trust_store = no_trust_store; // index in WorkerConfiguration::trust_stores
  Proof proof = Proof::Name;                  // for clients, which are not asked for a name, Chain
  RevocationLevel revocation = RevocationLevel::None;
  bool trust_intermediates = false;  // an intermediate authority in the store ends a chain, too
  bool require_ocsp_staple = false;  // RFC 6066, section 8; of servers
  std::uint32_t min_rsa_bits = 2048; // AT-TLS: PeerMinRsaKeySize; of each key in the chain
  std::uint32_t min_ec_bits = 256;   // AT-TLS: PeerMinECCKeySize
  // None: any. Else the peer's own key, or with a proof that of an authority in its verified chain,
  // must be one of these.
  std::vector<SpkiHash> pins;

  bool operator==(const Verification&) const = default;
};

} // namespace ktls::ipc
