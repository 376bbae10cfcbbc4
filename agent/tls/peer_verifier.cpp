// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/peer_verifier.hpp"

#include "tls/chain_verifier.hpp"
#include "tls/handles.hpp"

namespace ktls::tls {

using ipc::ClientAuthType;
using ipc::HandshakeRole;

Verdict verify_peer(gnutls_session_int* session, const PeerDemands& demands) {
  const bool client = demands.own_role == HandshakeRole::Client;
  const bool pass_through = !client && demands.client_auth_type == ClientAuthType::PassThru;
  unsigned count = 0;
  const gnutls_datum_t* presented = gnutls_certificate_get_peers(session, &count);
  if (presented == nullptr || count == 0) {
    const bool optional =
        pass_through || (!client && demands.client_auth_type == ClientAuthType::Full);
    Verdict verdict;
    verdict.reason = optional ? Reason::Success : Reason::CertificateMissing;
    return verdict;
  }
  PresentedChain chain;
  for (unsigned i = 0; i < count; ++i)
    chain.push_back(std::as_bytes(std::span(presented[i].data, presented[i].size)));
  auto verification = demands.verification;
  if (pass_through)
    verification.proof = ipc::Proof::Nothing;
  ChainRequest request{chain, demands.trust, verification};
  request.judged = client ? Judged::Server : Judged::Client;
  request.name = demands.server_name;
  request.now = demands.now;
  gnutls_datum_t staple{};
  if (client && gnutls_ocsp_status_request_get(session, &staple) == 0)
    request.staple = std::as_bytes(std::span(staple.data, staple.size));
  return verify_chain(request);
}

} // namespace ktls::tls
