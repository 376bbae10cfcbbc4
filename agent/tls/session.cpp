// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/session.hpp"

#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "tls/failure.hpp"
#include "tls/gnutls_error.hpp"
#include "tls/names.hpp"
#include "tls/session_parts.hpp"

namespace ktls::tls {
namespace {

using ipc::HandshakeRole;

constexpr std::size_t max_handshake_message = 64UL * 1024;
// Warning alerts and the like that a peer may put between its messages.
constexpr int max_interruptions = 16;
constexpr std::size_t max_detail = 500;

// AT-TLS: GSK_SESSION_TICKET_SERVER_TIMEOUT
constexpr int ticket_lifetime_seconds = 300;

std::string_view name_of(unsigned alert) {
  const char* name = gnutls_alert_get_name(static_cast<gnutls_alert_description_t>(alert));
  return name == nullptr ? "unknown alert" : name;
}

} // namespace

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::create(int socket, const SessionParameters& parameters,
                                                 const Context& context) {
  auto parts = std::make_unique<Parts>(socket, parameters, context);
  TRY(parts->set_up());
  return std::unique_ptr<Session>(new Session(std::move(parts)));
}

Result<> Session::Parts::set_up() {
  const auto& profile = context.profile();
  if (client() && !uses_psk() && !parameters.server_name)
    return invalid("a client needs a server name");
  const bool tickets = !client() && profile.session_tickets && !parameters.ticket_key.empty();
  const unsigned no_tickets = tickets ? 0U : static_cast<unsigned>(GNUTLS_NO_TICKETS);
  gnutls_session_t raw = nullptr;
  int status = gnutls_init(&raw, (client() ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NONBLOCK |
                                     GNUTLS_NO_SIGNAL | no_tickets | context.parts().key_shares);
  if (status < 0)
    return gnutls_error("making a TLS session", status);
  session.reset(raw);
  gnutls_session_set_ptr(raw, static_cast<CertificateChoice*>(this));
  status = gnutls_priority_set(raw, context.parts().priority.parts().priority.get());
  if (status < 0)
    return gnutls_error("setting the priority", status);
  const auto& own = context.parts().credentials->parts();
  presented = parameters.anonymous ? nullptr : &own;
  status = gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, own.certificates.get());
  if (status < 0)
    return gnutls_error("setting the credentials", status);
  if (uses_psk())
    TRY(set_up_psk());
  TRY(set_up_names());
  if (tickets) {
    const gnutls_datum_t key = view(parameters.ticket_key);
    gnutls_db_set_cache_expiration(raw, ticket_lifetime_seconds);
    status = gnutls_session_ticket_enable_server(raw, &key);
    if (status < 0)
      return gnutls_error("setting the key of session tickets", status);
  }
  if (profile.role == HandshakeRole::ServerWithClientAuth) {
    gnutls_certificate_server_set_request(
        raw, is_mandatory(profile.client_auth_type) ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
    gnutls_certificate_send_x509_rdn_sequence(raw, context.parts().names_authorities ? 0 : 1);
  }
  gnutls_handshake_set_max_packet_length(raw, max_handshake_message);
  if (parameters.keeps_secrets)
    gnutls_handshake_set_secret_function(raw, on_secret);
  set_up_checks();
  set_up_key_log();
  transport.attach(raw);
  return {};
}

Result<> Session::Parts::set_up_names() {
  if (client() && parameters.server_name && !parameters.server_name->is_address()) {
    const auto& name = parameters.server_name->text();
    const int status =
        gnutls_server_name_set(session.get(), GNUTLS_NAME_DNS, name.data(), name.size());
    if (status < 0)
      return gnutls_error("setting the server name", status);
  }
  const auto& alpn = context.parts().alpn;
  if (alpn.empty())
    return {};
  // A server that knows none of a client's protocols ends with no_application_protocol: RFC 7301,
  // section 3.2. A client goes on with a server that does not know the extension.
  const int status = gnutls_alpn_set_protocols(
      session.get(), alpn.data(), static_cast<unsigned>(alpn.size()),
      client() ? 0 : GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE);
  if (status < 0)
    return gnutls_error("setting the application protocols", status);
  return {};
}

void Session::Parts::fail(int error) {
  if (transport.not_tls())
    return fail(Reason::PeerNotTls, {}, error);
  if (refused)
    return fail(refused->reason, refused->detail, error);
  if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
    return fail(Reason::AlertReceived, name_of(gnutls_alert_get(session.get())), error);
  }
  // GnuTLS has other errors for an alert that comes instead of a hello
  if (const auto alert = transport.opening_alert())
    return fail(Reason::AlertReceived, name_of(*alert), 0);
  if (transport.flooded())
    return fail(Reason::PeerProtocolError, "the handshake is too large",
                GNUTLS_E_HANDSHAKE_TOO_LARGE);
  if (transport.peer_closed())
    return fail(Reason::PeerClosed, {}, 0);
  if (transport.broken())
    return fail(Reason::ConnectionReset, {}, 0);
  if (client() && error == GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET && transport.peer_is_client())
    return fail(Reason::RoleConflict, {}, error);
  // RFC 8446, section 4.2.11.2: the binder did not verify
  if (!client() && psk && error == GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER)
    return fail(Reason::PskMismatch, {}, error);
  fail(failure_facts(error).reason, gnutls_strerror(error), error);
}

// `error` chooses the alert where the reason names none; 0: then none is sent.
void Session::Parts::fail(Reason reason, std::string_view detail, int error) {
  failed = {reason, escape(detail, max_detail)};
  auto alert = facts(reason).alert;
  if (!alert && error < 0)
    alert = failure_facts(error).alert;
  if (alert == GNUTLS_A_USER_CANCELED) {
    // RFC 8446, section 6.1: "This alert SHOULD be followed by a close_notify. This alert generally
    // has AlertLevel=warning."
    (void)gnutls_alert_send(session.get(), GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    (void)gnutls_alert_send(session.get(), GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY);
  } else if (alert) {
    (void)gnutls_alert_send(session.get(), GNUTLS_AL_FATAL,
                            static_cast<gnutls_alert_description_t>(*alert));
  }
  (void)transport.flush(); // as much as fits: the peer is not waited for
}

Session::Step Session::Parts::step() {
  for (;;) {
    // what GnuTLS has written goes first: the peer cannot go on without it
    switch (transport.flush()) {
    case Transport::Flushed::Blocked:
      return Step::WantWrite;
    case Transport::Flushed::Broken:
      fail(Reason::ConnectionReset, {}, 0);
      return Step::Failed;
    case Transport::Flushed::All:
      break;
    }
    if (handshake_done)
      return Step::Complete;
    const int status = gnutls_handshake(session.get());
    transport.settle();
    if (aborted) {
      fail(*aborted, {}, 0);
      return Step::Failed;
    }
    if (status == GNUTLS_E_SUCCESS && transport.broken()) {
      fail(Reason::ConnectionReset, "the socket was read by somebody else", 0);
      return Step::Failed;
    }
    if (status == GNUTLS_E_SUCCESS) {
      if (!judge_completion())
        return Step::Failed;
      handshake_done = true;
    } else if (status == GNUTLS_E_AGAIN && transport.not_tls()) {
      // told at once, not when GnuTLS has the whole of what it takes for a record
      fail(GNUTLS_E_UNEXPECTED_PACKET);
      return Step::Failed;
    } else if (status == GNUTLS_E_AGAIN) {
      if (transport.flush() == Transport::Flushed::All)
        return Step::WantRead;
    } else if (status == GNUTLS_E_WARNING_ALERT_RECEIVED &&
               gnutls_alert_get(session.get()) == GNUTLS_A_USER_CANCELED) {
      // RFC 8446, section 6.1: "This alert notifies the recipient that the sender is canceling the
      // handshake"
      fail(Reason::AlertReceived, name_of(GNUTLS_A_USER_CANCELED), 0);
      return Step::Failed;
    } else if (gnutls_error_is_fatal(status) != 0 || ++interruptions > max_interruptions) {
      fail(status);
      return Step::Failed;
    }
  }
}

Session::Step Session::begin() {
  if (!parts_->client())
    return Step::WantRead;
  parts_->transport.pause_reading(true);
  const Step step = parts_->step();
  parts_->transport.pause_reading(false);
  return step;
}

Session::Step Session::advance() {
  parts_->busy = true;
  const bool wants_psk = parts_->uses_psk() && parts_->client() && !parts_->psk;
  const Step step = wants_psk && !parts_->load_own_psk() ? Step::Failed : parts_->step();
  parts_->busy = false;
  return step;
}

void Session::abort(Reason reason) {
  if (parts_->busy)
    parts_->aborted = reason;
  else
    parts_->fail(reason, {}, 0);
}

bool Session::heard() const {
  return parts_->transport.heard();
}
const Failure& Session::failure() const {
  return parts_->failed;
}
std::vector<std::span<const std::byte>> Session::peer_certificates() const {
  return parts_->presented_chain();
}

const std::string& Session::peer_subject() const {
  return parts_->verdict.subject;
}
const std::string& Session::peer_issuer() const {
  return parts_->verdict.issuer;
}
std::string_view Session::psk_identity() const {
  return parts_->psk ? std::string_view(parts_->psk->identity) : std::string_view();
}
bool Session::peer_authenticated() const {
  return parts_->verdict.authenticated;
}

std::string_view Session::protocol() const {
  switch (gnutls_protocol_get_version(parts_->session.get())) {
  case GNUTLS_TLS1_3:
    return "TLS 1.3";
  case GNUTLS_TLS1_2:
    return "TLS 1.2";
  default:
    return "unknown";
  }
}

std::string_view Session::cipher() const {
  const char* name = gnutls_ciphersuite_get(parts_->session.get());
  return name == nullptr ? "unknown" : name;
}

std::string_view Session::group() const {
  const char* name = gnutls_group_get_name(gnutls_group_get(parts_->session.get()));
  return name == nullptr ? std::string_view() : registry_name(group_names(), name);
}

std::string_view Session::signature() const {
  const auto session = parts_->session.get();
  const int algorithm = parts_->client() ? gnutls_sign_algorithm_get(session)
                                         : gnutls_sign_algorithm_get_client(session);
  if (peer_subject().empty() || resumed() || algorithm == GNUTLS_SIGN_UNKNOWN)
    return {};
  const char* name = gnutls_sign_get_name(static_cast<gnutls_sign_algorithm_t>(algorithm));
  return name == nullptr ? std::string_view() : registry_name(signature_names(), name);
}

std::string Session::server_name() const {
  if (parts_->client()) {
    const auto& name = parts_->parameters.server_name;
    return name && !name->is_address() ? name->text() : "";
  }
  std::array<char, 256> name{};
  std::size_t size = name.size();
  unsigned type = 0;
  if (gnutls_server_name_get(parts_->session.get(), name.data(), &size, &type, 0) < 0 ||
      type != GNUTLS_NAME_DNS)
    return {};
  return lower_case({name.data(), size});
}

std::string Session::alpn() const {
  gnutls_datum_t name{};
  if (gnutls_alpn_get_selected_protocol(parts_->session.get(), &name) < 0)
    return {};
  return {reinterpret_cast<const char*>(name.data), name.size};
}

bool Session::resumed() const {
  return gnutls_session_is_resumed(parts_->session.get()) != 0;
}

std::optional<std::uint16_t> Session::record_size_limit() const {
  const auto& hello = parts_->peer_hello;
  // RFC 8449, section 5: max_fragment_length counts only without the other
  if (hello.record_size_limit)
    return hello.record_size_limit;
  if (!hello.max_fragment_length)
    return std::nullopt;
  const int inner_type = protocol() == "TLS 1.3" ? 1 : 0;
  return static_cast<std::uint16_t>(*hello.max_fragment_length + inner_type);
}

std::uint64_t Session::tickets_sent() const {
  return parts_->tickets_sent;
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

// Each direction may be told by itself, and the other is null then.
int Session::Parts::on_secret(gnutls_session_t session, gnutls_record_encryption_level_t level,
                              const void* receive, const void* send, std::size_t size) {
  if (level != GNUTLS_ENCRYPTION_LEVEL_APPLICATION)
    return 0;
  const auto keep = [size](const void* from, std::optional<Secret>& to) {
    auto secret = from == nullptr ? invalid("none") : Secret::create(size);
    if (!secret)
      return;
    std::memcpy(secret->bytes().data(), from, size);
    to = std::move(*secret);
  };
  keep(receive, of(session).receive_secret);
  keep(send, of(session).send_secret);
  return 0;
}

TrafficSecrets Session::traffic_secrets() const {
  if (!parts_->send_secret || !parts_->receive_secret)
    return {};
  return {std::as_const(*parts_->send_secret).bytes(),
          std::as_const(*parts_->receive_secret).bytes()};
}

Result<TrafficState> Session::transmit_state() {
  return parts_->state(false);
}
Result<TrafficState> Session::receive_state() {
  return parts_->state(true);
}

} // namespace ktls::tls
