// SPDX-License-Identifier: GPL-2.0-or-later
// Settings: what ktlsd.toml says, checked, and where it says it. Pure: opens no other file.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/profile.hpp"
#include "policy/located.hpp"

namespace ktls::policy {

struct CredentialSettings {
  LocatedPath certificate;
  KeyLocation private_key;
};

struct RoleSettings {
  ipc::HandshakeRole role = ipc::HandshakeRole::Client;
  ipc::ClientAuthType client_auth_type = ipc::ClientAuthType::Required;
  std::vector<CredentialSettings> credentials; // the first is the one for any name
  std::optional<LocatedPath> truststore;       // absent only where no peer certificate is asked for
  std::optional<LocatedPath> psk_file;         // then there are no certificates
  std::string psk_identity;                    // as client; empty: the first one of the file
  bool tls12 = true;
  bool tls13 = true;
  LocatedNames ciphers;
  LocatedNames groups;
  LocatedNames signature_algorithms;
  std::vector<std::string> alpn;
  bool session_tickets = false;  // as server
  std::vector<std::string> tags; // as server: what services in the kernel are told of a peer
  ipc::PeerLimits peer_limits;
  std::string where; // of the table
};

struct Settings {
  std::string socket = "/run/ktlsd/agent.sock";
  unsigned workers = 0; // 0: one for each CPU
  std::chrono::seconds handshake_timeout{10};
  std::chrono::seconds first_byte_timeout{10}; // AT-TLS: HandshakeTimeout
  std::chrono::seconds request_timeout{5};
  std::vector<LocatedPath> network_namespaces; // served besides our own
  std::size_t max_handshakes = 8192;           // in workers; at most 48 KiB each
  std::size_t max_queued = 8192;               // that wait for a place among these
  std::size_t max_handshakes_per_uid = 4096;
  std::size_t max_handshakes_per_address = 1024;
  std::size_t max_connections = 16'384; // to agent.sock
  std::size_t max_connections_per_uid = 8192;
  std::optional<RoleSettings> client; // absent: nobody gets this role
  std::optional<RoleSettings> server;
  bool kernel_psk = false; // the kernel's requests for pre-shared keys, of its own keyrings
};

inline constexpr unsigned max_workers = 256;
inline constexpr std::size_t max_network_namespaces = 64;
inline constexpr std::size_t max_tags = 64; // the kernel's limit
inline constexpr int max_count = 1'000'000; // of handshakes or connections
inline constexpr int max_timeout_seconds = 600;

// All errors, each as "file:line: key: what is wrong".
struct Problems {
  std::vector<std::string> lines;
};

// `file` is only named in errors.
[[nodiscard]] tl::expected<Settings, Problems> parse_settings(std::string_view text,
                                                              const std::string& file);

} // namespace ktls::policy
