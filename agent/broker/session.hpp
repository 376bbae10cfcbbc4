// SPDX-License-Identifier: GPL-2.0-or-later
// Session: a connection that was secured here, and is open as far as is known.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/socket_address.hpp"
#include "broker/user_mapping.hpp"
#include "ipc/profile.hpp"
#include "policy/conditions.hpp"

namespace ktls {

// What is the same in many sessions. Text is fit to be printed; what is not known is empty.
struct SessionTerms {
  policy::Origin origin = policy::Origin::Application;
  ipc::HandshakeRole role = ipc::HandshakeRole::Client;
  std::string consumer;          // in the kernel, as in the log; empty: an application
  std::string network_namespace; // as in rules; empty: not known
  std::string rule;
  std::string profile;
  std::uint64_t generation = 0; // of the policy that it came up with
  // What its profile said then: counts where there is none of that name any more.
  policy::RevokedSessions when_revoked = policy::RevokedSessions::Keep;
  std::string protocol;
  std::string cipher;
  std::string group;
  std::string signature;   // of the peer
  std::string server_name; // that the client asked for
  std::string alpn;
  bool resumed = false;
  bool authenticated = false;
  bool key_logged = false;  // its secrets, by the profile's key_log_file
  std::optional<uid_t> uid; // of the application
  std::string unit;         // systemd's, of the owner

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes it for a null pointer
  auto operator<=>(const SessionTerms&) const = default;
};

// A peer that has a certificate.
struct Peer {
  std::string subject; // escaped
  std::string issuer;
  std::vector<ipc::Der> chain; // X.509 as presented, its own first

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes it for a null pointer
  auto operator<=>(const Peer&) const = default;
};

struct Session {
  std::uint64_t cookie = 0;            // of its socket
  std::uint64_t network_namespace = 0; // cookie of it
  ino_t inode = 0;                     // of its socket
  ConnectionAddresses addresses{};
  std::shared_ptr<const SessionTerms> terms = std::make_shared<const SessionTerms>();
  std::shared_ptr<const Peer> peer;       // null: it has presented no certificate
  std::shared_ptr<const MappedUser> user; // whose the peer's certificate is; null: not known
  ipc::SpkiHash anchor_spki{};            // with `user`: what the mapper was asked
  std::string psk_identity;               // escaped
  pid_t pid = 0;                          // of the application
  std::chrono::system_clock::time_point began;
  // Another program has put its keys there; it is in no registry, but for those that are recovered.
  bool foreign = false;
  bool recovered = false; // there before this agent, which was not told whether it is its own
};

enum class SessionEnd { Closed, Terminated, Revoked };
[[nodiscard]] const char* name_of(SessionEnd how); // "closed"

// Who has it, and between which addresses: for the log.
[[nodiscard]] std::string describe(const Session& session);
// What the mapper is asked about its peer, who has a certificate.
[[nodiscard]] MappingQuestion question_about(const Session& session);

} // namespace ktls
