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

namespace ktls::ipc {

// AT-TLS: HandshakeRole. Independent of who connected and who accepted.
enum class HandshakeRole : std::uint8_t { Client = 1, Server = 2, ServerWithClientAuth = 3 };

// AT-TLS: ClientAuthType. Counts for ServerWithClientAuth alone.
enum class ClientAuthType : std::uint8_t {
  Full = 2,     // a certificate is optional, and must be valid when there is one
  Required = 3, // a valid certificate is mandatory
};

using Der = std::vector<std::byte>;

struct Profile {
  HandshakeRole role = HandshakeRole::Client;
  ClientAuthType client_auth_type = ClientAuthType::Required;
  std::uint32_t key_id = 0; // 0: no certificate, no key
  std::vector<Der> chain;   // X.509, leaf first; at most max_chain
  std::vector<Der> trust;   // X.509 trust anchors

  static constexpr std::size_t max_chain = 10;
  bool operator==(const Profile&) const = default;
};

// What a worker is given, once, before it may touch the network.
struct WorkerConfiguration {
  std::string priority; // a GnuTLS priority string
  std::vector<Profile> profiles;

  bool operator==(const WorkerConfiguration&) const = default;
};

inline constexpr std::size_t max_configuration_size = 64UL * 1024 * 1024;

[[nodiscard]] std::vector<std::byte> encode(const WorkerConfiguration& configuration);
[[nodiscard]] Result<WorkerConfiguration> decode_configuration(std::span<const std::byte> bytes);

} // namespace ktls::ipc
