// SPDX-License-Identifier: GPL-2.0-or-later
// What a session demands of its peer beyond what GnuTLS does: limits before its signatures are
// checked, its certificate, and that nothing was left out on the way to a completed handshake.
#include "tls/clock.hpp"
#include "tls/session_parts.hpp"

namespace ktls::tls {

void Session::Parts::set_up_checks() {
  gnutls_session_set_verify_function(session.get(), verify);
  gnutls_handshake_set_hook_function(session.get(), GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
                                     on_message);
}

int Session::Parts::refuse(Reason reason, std::string detail) {
  refused = Failure{reason, std::move(detail)};
  return GNUTLS_E_CERTIFICATE_ERROR;
}

int Session::Parts::verify(gnutls_session_t session) {
  auto& self = of(session);
  self.verdict = self.judge_peer();
  self.tell_verdict();
  if (self.verdict.reason == Reason::Success)
    return 0;
  return self.refuse(self.verdict.reason, self.verdict.detail);
}

Verdict Session::Parts::judge_peer() {
  const auto& profile = context.profile();
  const auto verify_now = [&] {
    return verify_peer(session.get(),
                       {profile.role, profile.client_auth_type, profile.verification,
                        *context.parts().trust, parameters.server_name, Clock::to_time_t(now())});
  };
  const auto chain = presented_chain();
  gnutls_datum_t staple{};
  // a stapled OCSP answer is new each time
  if (chain.empty() || gnutls_ocsp_status_request_get(session.get(), &staple) == 0)
    return verify_now();
  const auto key = verdict_key(chain);
  if (key) {
    if (auto known = context.parts().verdicts->find(*key, now()))
      return *std::move(known);
  }
  auto found = verify_now();
  if (key)
    context.parts().verdicts->remember(*key, found, now());
  return found;
}

PresentedChain Session::Parts::presented_chain() const {
  unsigned count = 0;
  const gnutls_datum_t* list = gnutls_certificate_get_peers(session.get(), &count);
  PresentedChain chain;
  for (unsigned i = 0; list != nullptr && i < count; ++i)
    chain.push_back(std::as_bytes(std::span(list[i].data, list[i].size)));
  return chain;
}

// Behind the client's CertificateVerify, and before it is told of the end of the handshake: no
// ticket has been sent, and in TLS 1.2 no Finished either. In a resumed session its certificate is
// that of the first one, and has not been judged in this yet.
int Session::Parts::judge_user() {
  if (context.profile().role != ipc::HandshakeRole::ServerWithClientAuth || uses_psk())
    return 0;
  if (gnutls_session_is_resumed(session.get()) != 0 && verify(session.get()) < 0)
    return GNUTLS_E_CERTIFICATE_ERROR;
  if (!verdict.authenticated)
    return 0; // there is no certificate that anybody could be known by
  if (parameters.user == nullptr)
    return needs_user() ? refuse(Reason::MapperUnavailable) : 0;
  const auto reason = parameters.user->judge(presented_chain(), verdict.anchor_spki);
  if (reason != Reason::Success)
    return refuse(reason);
  user_judged = true;
  return 0;
}

bool Session::Parts::needs_user() const {
  return context.profile().role == ipc::HandshakeRole::ServerWithClientAuth &&
         context.profile().client_auth_type == ipc::ClientAuthType::SafCheck;
}

std::optional<VerdictCache::Key> Session::Parts::verdict_key(const PresentedChain& chain) const {
  return VerdictCache::key_of(chain, parameters.server_name ? parameters.server_name->text()
                                                            : std::string());
}

int Session::Parts::on_message(gnutls_session_t session, unsigned type, unsigned when,
                               unsigned incoming, const gnutls_datum_t* message) {
  if ((incoming == 0) == (when == GNUTLS_HOOK_POST))
    of(session).tell_message(type, incoming == 0,
                             std::as_bytes(std::span(message->data, message->size)));
  if (incoming == 0) {
    if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET && when == GNUTLS_HOOK_POST)
      ++of(session).tickets_sent;
    return 0;
  }
  const auto bytes = std::as_bytes(std::span(message->data, message->size));
  if (when == GNUTLS_HOOK_POST)
    return of(session).judge_message(type, bytes);
  return type == GNUTLS_HANDSHAKE_CLIENT_HELLO ? of(session).judge_offer(bytes) : 0;
}

// GnuTLS would find no common cipher with a client that offers only another version.
int Session::Parts::judge_offer(std::span<const std::byte> client_hello) {
  const auto hello = parse_hello(HelloKind::ClientHello, client_hello);
  if (!hello)
    return 0;
  const auto& allowed = context.parts();
  if ((hello->tls13 && allowed.tls13) || (hello->tls12 && allowed.tls12))
    return 0;
  return refuse(Reason::VersionUnsupported);
}

int Session::Parts::judge_message(unsigned type, std::span<const std::byte> message) {
  switch (type) {
  case GNUTLS_HANDSHAKE_CLIENT_HELLO:
    return judge_hello(HelloKind::ClientHello, message);
  case GNUTLS_HANDSHAKE_SERVER_HELLO:
    return judge_hello(HelloKind::ServerHello, message);
  case GNUTLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
    return judge_record_size(HelloKind::EncryptedExtensions, message);
  case GNUTLS_HANDSHAKE_CERTIFICATE_PKT:
    return judge_certificates(message);
  case GNUTLS_HANDSHAKE_FINISHED:
    return judge_user();
  default:
    return 0;
  }
}

int Session::Parts::judge_hello(HelloKind kind, std::span<const std::byte> message) {
  const int status = judge_record_size(kind, message);
  return status < 0 ? status : judge_version();
}

// GnuTLS keeps to a peer's limit and always agrees to it: there is no leaving it out. What cannot
// be kept to later, when the kernel sends, must end here.
int Session::Parts::judge_record_size(HelloKind kind, std::span<const std::byte> message) {
  const auto found = parse_hello(kind, message);
  if (!found || (!found->record_size_limit && !found->max_fragment_length))
    return 0;
  peer_hello = *found;
  if (context.parts().limits_records)
    return 0;
  constexpr std::uint16_t largest_payload = 16'384; // RFC 8446, section 5.1
  const bool tls13 = gnutls_protocol_get_version(session.get()) == GNUTLS_TLS1_3;
  if (found->record_size_limit.value_or(0) >= largest_payload + (tls13 ? 1 : 0))
    return 0;
  return refuse(Reason::RecordSizeUnsupported);
}

// RFC 7627, section 5.2: whoever does not want to work with peers that lack the extension ends the
// handshake with handshake_failure.
int Session::Parts::judge_version() {
  if (gnutls_protocol_get_version(session.get()) != GNUTLS_TLS1_2 ||
      gnutls_session_ext_master_secret_status(session.get()) != 0)
    return 0;
  return refuse(Reason::ExtendedMasterSecretMissing);
}

int Session::Parts::judge_certificates(std::span<const std::byte> message) {
  const bool tls13 = gnutls_protocol_get_version(session.get()) == GNUTLS_TLS1_3;
  const auto& limits = context.profile().peer_limits;
  const auto chain = read_chain(message, tls13, limits);
  if (!chain)
    return refuse(Reason::CertificateLimit, chain.error());
  // what was found good a moment ago kept the limits
  if (const auto key = verdict_key(*chain); key && context.parts().verdicts->find(*key, now()))
    return 0;
  auto broken = broken_key_limit(*chain, limits);
  return broken.empty() ? 0 : refuse(Reason::CertificateLimit, std::move(broken));
}

// GnuTLS verifies a certificate when it comes. In a resumed session none comes, so that of the
// first one is judged again, as everything may have changed since.
bool Session::Parts::judge_completion() {
  const bool resumed = gnutls_session_is_resumed(session.get()) != 0;
  const bool asks = context.profile().role != ipc::HandshakeRole::Server;
  if (resumed && asks && verify(session.get()) < 0) {
    fail(GNUTLS_E_CERTIFICATE_ERROR);
    return false;
  }
  // RFC 8446, section 4.2.11: "Each PSK is associated with a single Hash algorithm."
  if (psk && !uses_hash_of(psk->identity)) {
    fail(Reason::PskMismatch, "it used the key with another hash than the identity's", 0);
    return false;
  }
  if (uses_psk()) {
    verdict.authenticated = psk.has_value();
    verdict.reason = psk ? Reason::Success : Reason::PskUnknown;
  }
  // that each of them was asked, whatever way the handshake took
  const auto& profile = context.profile();
  const bool must_be_authenticated =
      uses_psk() || (client() && profile.verification.proof != ipc::Proof::Nothing) ||
      (profile.role == ipc::HandshakeRole::ServerWithClientAuth &&
       is_mandatory(profile.client_auth_type));
  const bool sound =
      must_be_authenticated ? verdict.authenticated : !asks || verdict.reason == Reason::Success;
  if (!sound || (needs_user() && !user_judged)) {
    fail(Reason::InternalError, "the handshake ended without a verdict on the peer", 0);
    return false;
  }
  return true;
}

} // namespace ktls::tls
