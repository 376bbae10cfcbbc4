// SPDX-License-Identifier: GPL-2.0-or-later
// Judging the certificate that a peer has proved to hold.
#pragma once

#include <ctime>
#include <optional>
#include <string>

#include "base/host_name.hpp"
#include "base/reason.hpp"
#include "ipc/profile.hpp"

struct gnutls_session_int;
struct gnutls_x509_crt_int;

namespace ktls::tls {

struct Verdict {
  Reason reason = Reason::InternalError; // Success: go on
  std::string detail;
  std::string subject;        // RFC 4514, escaped; empty without a certificate
  bool authenticated = false; // a certificate was presented and is valid
  std::time_t expires = 0;    // authenticated: the first of the presented certificates does
};

// Called behind the peer's CertificateVerify. A client verifies its server by `server_name`,
// against subject alternative names alone (RFC 9525, section 6.3: no common name).
Verdict verify_peer(gnutls_session_int* session, ipc::HandshakeRole own_role,
                    ipc::ClientAuthType client_auth_type,
                    const std::optional<HostName>& server_name);

// RFC 9525: by subject alternative names alone.
[[nodiscard]] bool has_name(gnutls_x509_crt_int* certificate, const HostName& name);

} // namespace ktls::tls
