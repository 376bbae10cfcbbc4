// SPDX-License-Identifier: GPL-2.0-or-later
// Profile: all that a worker has to know to do handshakes of one kind. Public data only: a private
// key is a number here, and lives in the signer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ipc/sign_permit.hpp"
#include "ipc/verification.hpp"

namespace ktls::ipc {

// AT-TLS: HandshakeRole. Independent of who connected and who accepted.
enum class HandshakeRole : std::uint8_t { Client = 1, Server = 2, ServerWithClientAuth = 3 };

// AT-TLS: ClientAuthType. Counts for ServerWithClientAuth alone.
enum class ClientAuthType : std::uint8_t {
  PassThru = 1, // a certificate is optional, and not validated: the application judges it
  Full = 2,     // a certificate is optional, and must be valid when there is one
  Required = 3, // a valid certificate is mandatory
  SafCheck = 4, // a valid certificate is mandatory, and must belong to an active local user
};

// Whether a client has to present a certificate.
[[nodiscard]] constexpr bool is_mandatory(ClientAuthType type) {
  return type == ClientAuthType::Required || type == ClientAuthType::SafCheck;
}

// What both ends prove themselves by. With a pre-shared key no certificate is asked for or sent.
enum class Authentication : std::uint8_t { Certificate = 1, PreSharedKey = 2 };

// A certificate with its private key, which is in a signer.
struct Credential {
  std::uint32_t key_id = 0;             // above 0, and no other's
  std::vector<Der> chain;               // X.509, leaf first; 1 to max_chain
  std::vector<std::byte> ocsp_response; // DER, to be stapled; empty: none

  static constexpr std::size_t max_chain = 10;

  bool operator==(const Credential&) const = default;
};

// What a peer's certificates may cost before anything of them is believed.
struct PeerLimits {
  std::uint32_t chain_length = 10;
  std::uint32_t chain_bytes = 32UL * 1024;
  std::uint32_t rsa_bits = 4096;
  std::uint32_t rsa_exponent_bits = 32;

  bool operator==(const PeerLimits&) const = default;
};

struct Profile {
  HandshakeRole role = HandshakeRole::Client;
  ClientAuthType client_auth_type = ClientAuthType::Required;
  Authentication authentication = Authentication::Certificate;
  bool session_tickets = false; // as server: RFC 8446, section 4.6.1
  std::string priority;         // of GnuTLS
  // Indexes in WorkerConfiguration::credentials. Presented: the first that fits the name and the
  // algorithms that the peer asks for, else the first.
  std::vector<std::uint32_t> credentials;
  Verification verification;     // of the peer's certificate
  std::vector<std::string> alpn; // RFC 7301 protocol names, most preferred first
  PeerLimits peer_limits;

  static constexpr std::size_t max_credentials = max_permit_keys;
  static constexpr std::size_t max_pins = 64;
  static constexpr std::size_t max_alpn = 16; // names, each of 1 to 255 bytes
  static constexpr std::size_t max_alpn_name = 255;
  bool operator==(const Profile&) const = default;
};

// What a worker is given, once, before it may touch the network.
struct WorkerConfiguration {
  bool limits_records = false; // the kernel can keep to a peer's record_size_limit
  // Shared by the profiles, which name them by their index.
  std::vector<Credential> credentials;
  std::vector<TrustStore> trust_stores;
  std::vector<Profile> profiles;
  bool keeps_secrets = false; // the kernel can change keys: the broker wants what makes the next

  bool operator==(const WorkerConfiguration&) const = default;
};

inline constexpr std::size_t max_configuration_size = 64UL * 1024 * 1024;

[[nodiscard]] std::vector<std::byte> encode(const WorkerConfiguration& configuration);
[[nodiscard]] Result<WorkerConfiguration> decode_configuration(std::span<const std::byte> bytes);

} // namespace ktls::ipc
