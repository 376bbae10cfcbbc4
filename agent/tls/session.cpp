// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/session.hpp"

#include "base/text.hpp"
#include "tls/credentials_parts.hpp"
#include "tls/gnutls_error.hpp"
#include "tls/handles.hpp"
#include "tls/peer_verifier.hpp"
#include "tls/transport.hpp"

namespace ktls::tls {
namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;

constexpr std::size_t max_handshake_message = 64UL * 1024;
// Warning alerts and the like that a peer may put between its messages.
constexpr int max_interruptions = 16;

Reason reason_of(int error) {
  switch (error) {
  case GNUTLS_E_FATAL_ALERT_RECEIVED:
    return Reason::AlertReceived;
  case GNUTLS_E_CERTIFICATE_REQUIRED:
  case GNUTLS_E_NO_CERTIFICATE_FOUND:
    return Reason::CertificateMissing;
  case GNUTLS_E_CERTIFICATE_ERROR:
  case GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR:
    return Reason::CertificateInvalid;
  case GNUTLS_E_PK_SIGN_FAILED:
    return Reason::SignerUnavailable;
  case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
  case GNUTLS_E_NO_CIPHER_SUITES:
  case GNUTLS_E_UNKNOWN_CIPHER_SUITE:
  case GNUTLS_E_NO_COMMON_KEY_SHARE:
  case GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM:
  case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
    return Reason::NegotiationFailed;
  case GNUTLS_E_MEMORY_ERROR:
  case GNUTLS_E_INTERNAL_ERROR:
    return Reason::InternalError;
  default:
    return Reason::PeerProtocolError;
  }
}

} // namespace

struct Priority::Parts {
  PriorityHandle priority;
};
Priority::Priority(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Priority::Priority(Priority&&) noexcept = default;
Priority& Priority::operator=(Priority&&) noexcept = default;
Priority::~Priority() = default;

Result<Priority> Priority::create(const std::string& text) {
  gnutls_priority_t raw = nullptr;
  const int status = gnutls_priority_init(&raw, text.c_str(), nullptr);
  if (status < 0)
    return gnutls_error("setting the priority " + text, status);
  return Priority(std::make_unique<Parts>(Parts{PriorityHandle(raw)}));
}

struct Session::Parts : CertificateChoice {
  Parts(int socket, SessionParameters its_parameters)
      : transport(socket), parameters(std::move(its_parameters)) {}

  static int verify(gnutls_session_t session);
  void fail(int error);
  void fail(Reason reason, std::string_view detail, int error);
  Result<TrafficState> state(bool receive);

  Transport transport;
  SessionParameters parameters;
  SessionHandle session;
  Verdict verdict;
  Failure failed{Reason::InternalError, {}};
  bool handshake_done = false;
  bool in_gnutls = false;
  std::optional<Reason> aborted; // to be told when GnuTLS returns
  int interruptions = 0;
};

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::create(int socket, const SessionParameters& parameters,
                                                 const Credentials& credentials,
                                                 const Priority& priority) {
  auto parts = std::make_unique<Parts>(socket, parameters);
  const bool client = parameters.role == HandshakeRole::Client;
  if (client && !parameters.server_name)
    return invalid("a client needs a server name");
  gnutls_session_t raw = nullptr;
  int status = gnutls_init(&raw, (client ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NONBLOCK |
                                     GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);
  if (status < 0)
    return gnutls_error("making a TLS session", status);
  parts->session.reset(raw);
  status = gnutls_priority_set(raw, priority.parts().priority.get());
  if (status < 0)
    return gnutls_error("setting the priority", status);
  const auto& own = credentials.parts();
  status = gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, own.certificates.get());
  if (status < 0)
    return gnutls_error("setting the credentials", status);
  parts->presented = parameters.anonymous ? nullptr : &own;
  gnutls_session_set_ptr(raw, static_cast<CertificateChoice*>(parts.get()));
  gnutls_handshake_set_max_packet_length(raw, max_handshake_message);
  if (client && !parameters.server_name->is_address()) {
    const auto& name = parameters.server_name->text();
    status = gnutls_server_name_set(raw, GNUTLS_NAME_DNS, name.data(), name.size());
    if (status < 0)
      return gnutls_error("setting the server name", status);
  }
  if (parameters.role == HandshakeRole::ServerWithClientAuth) {
    const bool required = parameters.client_auth_type == ClientAuthType::Required;
    gnutls_certificate_server_set_request(raw,
                                          required ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
  }
  parts->transport.attach(raw);
  gnutls_session_set_verify_function(raw, Parts::verify);
  return std::unique_ptr<Session>(new Session(std::move(parts)));
}

int Session::Parts::verify(gnutls_session_t session) {
  auto& self =
      *static_cast<Parts*>(static_cast<CertificateChoice*>(gnutls_session_get_ptr(session)));
  const auto& wanted = self.parameters;
  self.verdict = verify_peer(session, wanted.role, wanted.client_auth_type, wanted.server_name);
  return self.verdict.reason == Reason::Success ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

void Session::Parts::fail(int error) {
  const char* text = gnutls_strerror(error);
  if (transport.not_tls())
    return fail(Reason::PeerNotTls, {}, error);
  if (error == GNUTLS_E_CERTIFICATE_ERROR && verdict.reason != Reason::Success)
    return fail(verdict.reason, verdict.detail, error);
  if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
    const char* alert = gnutls_alert_get_name(gnutls_alert_get(session.get()));
    return fail(Reason::AlertReceived, alert == nullptr ? "unknown alert" : alert, error);
  }
  if (transport.flooded())
    return fail(Reason::PeerProtocolError, "the handshake is too large",
                GNUTLS_E_HANDSHAKE_TOO_LARGE);
  if (transport.peer_closed())
    return fail(Reason::PeerClosed, {}, error);
  if (transport.broken())
    return fail(Reason::ConnectionReset, {}, error);
  if (parameters.role == HandshakeRole::Client && error == GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET &&
      transport.peer_is_client())
    return fail(Reason::RoleConflict, {}, error);
  fail(reason_of(error), text, error);
}

// `error` chooses the alert where the reason names none; 0: then none is sent.
void Session::Parts::fail(Reason reason, std::string_view detail, int error) {
  failed = {reason, escape(detail, 500)};
  const auto alert = facts(reason).alert;
  if (alert == GNUTLS_A_USER_CANCELED) {
    // RFC 8446, section 6.1: "This alert SHOULD be followed by a close_notify. This alert generally
    // has AlertLevel=warning."
    (void)gnutls_alert_send(session.get(), GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    (void)gnutls_alert_send(session.get(), GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY);
  } else if (alert)
    (void)gnutls_alert_send(session.get(), GNUTLS_AL_FATAL,
                            static_cast<gnutls_alert_description_t>(*alert));
  else if (error < 0)
    (void)gnutls_alert_send_appropriate(session.get(), error);
  (void)transport.flush(); // as much as fits: the peer is not waited for
}

Session::Step Session::advance() {
  auto& p = *parts_;
  for (;;) {
    // what GnuTLS has written goes first: the peer cannot go on without it
    switch (p.transport.flush()) {
    case Transport::Flushed::Blocked:
      return Step::WantWrite;
    case Transport::Flushed::Broken:
      p.fail(Reason::ConnectionReset, {}, 0);
      return Step::Failed;
    case Transport::Flushed::All:
      break;
    }
    if (p.handshake_done)
      return Step::Complete;
    p.in_gnutls = true;
    const int status = gnutls_handshake(p.session.get());
    p.in_gnutls = false;
    if (p.aborted) {
      p.fail(*p.aborted, {}, 0);
      return Step::Failed;
    }
    if (status == GNUTLS_E_SUCCESS) {
      p.handshake_done = true;
    } else if (status == GNUTLS_E_AGAIN && p.transport.not_tls()) {
      // told at once, not when GnuTLS has the whole of what it takes for a record
      p.fail(GNUTLS_E_UNEXPECTED_PACKET);
      return Step::Failed;
    } else if (status == GNUTLS_E_AGAIN) {
      if (p.transport.flush() == Transport::Flushed::All)
        return Step::WantRead;
    } else if (gnutls_error_is_fatal(status) != 0 || ++p.interruptions > max_interruptions) {
      p.fail(status);
      return Step::Failed;
    }
  }
}

void Session::abort(Reason reason) {
  if (parts_->in_gnutls)
    parts_->aborted = reason;
  else
    parts_->fail(reason, {}, 0);
}

const Failure& Session::failure() const {
  return parts_->failed;
}
const std::string& Session::peer_subject() const {
  return parts_->verdict.subject;
}
bool Session::peer_authenticated() const {
  return parts_->verdict.authenticated;
}

std::string_view Session::protocol() const {
  return gnutls_protocol_get_version(parts_->session.get()) == GNUTLS_TLS1_3 ? "TLS 1.3"
                                                                             : "unknown";
}

std::string_view Session::cipher() const {
  const char* name = gnutls_ciphersuite_get(parts_->session.get());
  return name == nullptr ? "unknown" : name;
}

Result<TrafficState> Session::Parts::state(bool receive) {
  if (gnutls_record_check_pending(session.get()) != 0)
    return invalid("GnuTLS has read past the handshake");
  gnutls_datum_t unused{};
  gnutls_datum_t iv{};
  gnutls_datum_t key{};
  TrafficState state{};
  const int status =
      gnutls_record_get_state(session.get(), receive ? 1 : 0, &unused, &iv, &key,
                              reinterpret_cast<unsigned char*>(state.sequence.data()));
  if (status < 0)
    return gnutls_error("reading the traffic keys", status);
  state.key = std::as_bytes(std::span(key.data, key.size));
  state.iv = std::as_bytes(std::span(iv.data, iv.size));
  return state;
}

Result<TrafficState> Session::transmit_state() {
  return parts_->state(false);
}
Result<TrafficState> Session::receive_state() {
  return parts_->state(true);
}

} // namespace ktls::tls
