// SPDX-License-Identifier: GPL-2.0-or-later
// Judging the certificate that a peer has proved to hold.
#pragma once

#include <ctime>
#include <optional>

#include "base/host_name.hpp"
#include "ipc/profile.hpp"
#include "tls/name_match.hpp"
#include "tls/verdict.hpp"

struct gnutls_session_int;

namespace ktls::tls {

class TrustStore;

// What a profile demands of its peers. All must outlive it.
struct PeerDemands {
  ipc::HandshakeRole own_role;
  ipc::ClientAuthType client_auth_type; // counts for ServerWithClientAuth alone
  const ipc::Verification& verification;
  const TrustStore& trust;
  const std::optional<HostName>& server_name; // for Proof::Name, of a client
  std::time_t now;
};

// Called behind the peer's CertificateVerify. A client that passes through is never authenticated.
Verdict verify_peer(gnutls_session_int* session, const PeerDemands& demands);

} // namespace ktls::tls
