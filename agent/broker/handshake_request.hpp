// SPDX-License-Identifier: GPL-2.0-or-later
// HandshakeRequest: what the kernel and applications ask for, in one form.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "base/reason.hpp"
#include "broker/keyring.hpp"
#include "broker/user_mapping.hpp"
#include "policy/conditions.hpp"
#include "tls/psk.hpp"

namespace ktls {

struct Outcome {
  Reason reason = Reason::InternalError;
  std::string detail;       // what the reason's own help does not say; escaped
  std::string protocol;     // with Success
  std::string cipher;       // with Success
  std::string group;        // with Success; empty: a session was resumed without a key exchange
  std::string signature;    // with Success; empty: the peer did not have to prove a key
  std::string server_name;  // with Success: that the client asked for; may be empty
  std::string alpn;         // with Success; empty: none was negotiated
  std::string peer_subject; // escaped; empty when the peer presented no certificate
  std::string peer_issuer;  // likewise
  std::string psk_identity; // escaped; empty without a pre-shared key
  std::string rule;         // that applied; empty: none
  std::string profile;      // of that rule
  bool resumed = false;
  bool authenticated = false;
  bool key_logged = false;        // its secrets, by the profile's key_log_file
  std::optional<MappedUser> user; // with Success and a validated certificate: whose it is, if asked
  // With Success, where they were asked for: X.509 in DER, the peer's own first.
  std::vector<std::vector<std::byte>> certificates;
  // With Success: what the profile calls this peer, for a consumer in the kernel that takes tags.
  std::vector<std::string> tags;
};

[[nodiscard]] inline Outcome failure(Reason reason, std::string detail = {}) {
  Outcome outcome;
  outcome.reason = reason;
  outcome.detail = std::move(detail);
  return outcome;
}

// Of the TLS handshake. ByPolicy: whatever the profile says.
enum class RequestedRole { Client, Server, ByPolicy };

// The pre-shared key of an identity that the peer sent; as client, with an empty one, that to use.
using PskSource = std::function<Result<tls::Psk>(std::string_view identity)>;

struct HandshakeRequest {
  Fd socket; // the broker's own duplicate
  RequestedRole role = RequestedRole::Client;
  policy::Facts who; // origin, and who asks; the dispatcher adds what the connection says
  pid_t pid = 0;     // of an application
  PskSource psk;     // set: the handshake is to authenticate by pre-shared keys
  bool wants_certificates = false; // of the peer, with the outcome
  bool wants_user = false;         // though the profile may not ask for it
  bool anonymous = false;          // as client: present no certificate
  std::string peer_name;           // as client: by whom to verify the server; may be empty
  std::chrono::milliseconds timeout{0};
  std::string origin; // for the log: "kernel", "pid 17 uid 1000"
  std::unique_ptr<KeyringPsk>
      keys;                   // of a keyring, for `psk`; stays here until `complete` was called
  KeyringLinks::Hold keyring; // the right to read its keys, for as long as the request exists
  [[nodiscard]] bool from_kernel() const { return who.origin == policy::Origin::Kernel; }

  // Called exactly once. `socket` is valid during the call and closed after it; it has its keys, or
  // is shut down.
  std::function<void(const Outcome&, int socket)> complete;
};

} // namespace ktls
