// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/handshake.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "base/text.hpp"
#include "ktls/cipher.hpp"
#include "ktls/clear_end.hpp"
#include "ktls/ktls_socket.hpp"
#include "tls/certificate.hpp"
#include "tls/server_name.hpp"

namespace ktls {
namespace {

// At a ClientHello that has not come as a whole.
constexpr int max_looks = 64;

// Time stamps and the like, which would make the socket ready for ever.
void discard_error_queue(int socket) {
  constexpr int max_reads = 64;
  msghdr nothing{};
  for (int i = 0; i < max_reads; ++i) {
    if (::recvmsg(socket, &nothing, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
      return;
  }
}

// A want of memory passes, and another attempt may succeed.
Reason reason_of(const Error& error) {
  return error.code == std::errc::not_enough_memory ? Reason::Busy : Reason::InternalError;
}

// None, where the session keeps none.
ipc::TrafficSecrets secrets_of(const tls::Session& session) {
  ipc::TrafficSecrets out{};
  const auto secrets = session.traffic_secrets();
  if (secrets.send.size() != secrets.receive.size() || secrets.send.size() > out.max_size)
    return out;
  out.size = static_cast<std::uint32_t>(secrets.send.size());
  std::ranges::copy(secrets.send, std::as_writable_bytes(std::span(out.send)).begin());
  std::ranges::copy(secrets.receive, std::as_writable_bytes(std::span(out.receive)).begin());
  return out;
}

} // namespace

Handshake::Handshake(EventLoop& loop, Fibers& fibers, SignerClient& signers, Handlers handlers)
    : loop_(loop), signers_(signers), handlers_(std::move(handlers)), fiber_(fibers) {}

Handshake::~Handshake() {
  signers_.forget(fiber_);
}

void Handshake::start(const ipc::StartHandshake& request, Fd socket, const Profile* profile) {
  id_ = request.id;
  sent_ = StepTeller::Clock::time_point(std::chrono::nanoseconds(request.sent_ns));
  anonymous_ = request.anonymous != 0;
  peer_name_ = request.peer_name.view();
  socket_ = std::move(socket);
  // first, while nothing has been sent: it can fail, and needs a connection that is still
  // established at both ends
  TcpKtlsSocket kernel(socket_.get());
  if (const Reason attached = attach(kernel); attached != Reason::Success)
    return finish(attached, {});
  if (const auto set = set_time_limits(request); !set)
    return finish(reason_of(set.error()), set.error().message());
  if (profile != nullptr)
    return begin(*profile);
  if (const auto awaited = await_name(); !awaited)
    finish(reason_of(awaited.error()), awaited.error().message());
}

Result<> Handshake::set_time_limits(const ipc::StartHandshake& request) {
  const auto when = loop_.now() + std::chrono::milliseconds(request.timeout_ms);
  deadline_ = TRY(loop_.on_time(when, [this] { on_deadline(); }));
  if (request.first_byte_ms < request.timeout_ms) {
    const auto first = loop_.now() + std::chrono::milliseconds(request.first_byte_ms);
    first_byte_ = TRY(loop_.on_time(first, [this] {
      if (!heard())
        abort(Reason::FirstByteTimeout);
    }));
  }
  return {};
}

// The ClientHello stays in the socket: the session is to read it from its beginning. So the socket
// stays ready, and only what comes newly wakes us.
Result<> Handshake::await_name() {
  awaits_profile_ = true;
  ready_ = TRY(
      loop_.on_io(socket_.get(), EPOLLIN | EPOLLET, [this](std::uint32_t) { look_for_name(); }));
  return {};
}

void Handshake::look_for_name() {
  std::vector<std::byte> seen(tls::max_client_hello);
  const ssize_t size = ::recv(socket_.get(), seen.data(), seen.size(), MSG_PEEK | MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  heard_ = heard_ || size > 0;
  // each look goes through all that has come: who sends it byte by byte wants to keep us busy
  if (++looks_ > max_looks)
    return finish(Reason::PeerProtocolError, "the ClientHello comes in too many pieces");
  // the end of the connection, and errors, are for the session to find
  const auto name =
      size <= 0 ? std::optional<std::string>("")
                : tls::server_name_in(std::span(seen).first(static_cast<std::size_t>(size)));
  if (!name)
    return;
  ready_.reset();
  auto message = wire::make<ipc::ServerName>();
  message.id = id_;
  message.name.assign_cut(*name);
  handlers_.ask_profile(message);
}

bool Handshake::on_profile(const Profile& profile, std::chrono::milliseconds timeout) {
  if (!awaits_profile_ || ready_)
    return false;
  auto deadline = loop_.on_time(loop_.now() + timeout, [this] { on_deadline(); });
  check(deadline.has_value(), "a timer can be set");
  deadline_ = std::move(*deadline);
  awaits_profile_ = false;
  begin(profile);
  return true;
}

void Handshake::begin(const Profile& profile) {
  context_ = &profile.context;
  const auto& its = context_->profile();
  asks_user_ = profile.asks_user || (its.role == ipc::HandshakeRole::ServerWithClientAuth &&
                                     its.client_auth_type == ipc::ClientAuthType::SafCheck);
  if (profile.tells_steps)
    steps_.emplace(id_, sent_, StepTeller::Clock::now, handlers_.step);
  if (const auto prepared = prepare(profile); !prepared)
    return finish(reason_of(prepared.error()), prepared.error().message());
  if (uses_psk())
    return advance();
  step_ = session_->begin();
  on_advanced();
}

bool Handshake::uses_psk() const {
  return context_->profile().authentication == ipc::Authentication::PreSharedKey;
}

bool Handshake::heard() const {
  return heard_ || (session_ && session_->heard());
}

Result<> Handshake::prepare(const Profile& profile) {
  tls::SessionParameters parameters{};
  parameters.anonymous = anonymous_;
  parameters.server_name = HostName::parse(peer_name_);
  parameters.psk = this;
  parameters.user = asks_user_ ? this : nullptr;
  parameters.ticket_key = profile.ticket_key;
  parameters.keeps_secrets = profile.keeps_secrets;
  parameters.watch = steps_ ? &*steps_ : nullptr;
  parameters.key_log = profile.logs_keys ? this : nullptr;
  if (!context_->profile().credentials.empty() && !parameters.anonymous)
    signers_.permit(fiber_, profile.permit);
  session_ = TRY(tls::Session::create(socket_.get(), parameters, *context_));
  ready_ =
      TRY(loop_.on_io(socket_.get(), EPOLLIN, [this](std::uint32_t events) { on_socket(events); }));
  return {};
}

// On a fiber, which waits for the answer.
Result<tls::Psk> Handshake::find(std::string_view identity) {
  auto request = wire::make<ipc::PskRequest>();
  request.id = id_;
  if (!request.identity.assign(identity))
    return invalid("the identity does not fit");
  handlers_.ask_psk(request);
  if (await(Awaited::Psk) == Fiber::Woken::Cancelled)
    return errno_error("waiting for a pre-shared key", ECANCELED);
  if (!psk_)
    return errno_error("there is no pre-shared key", ENOKEY);
  return *std::exchange(psk_, std::nullopt);
}

void Handshake::on_secret(ipc::KeyLabel label, std::span<const std::byte> client_random,
                          std::span<const std::byte> secret) {
  auto message = wire::make<ipc::KeyLogEntry>();
  if (client_random.size() != message.client_random.size() || secret.empty() ||
      secret.size() > message.secret.size() || ++keys_told_ > ipc::KeyLogEntry::max_entries)
    return; // nothing that TLS has
  message.id = id_;
  message.label = label;
  message.size = static_cast<std::uint16_t>(secret.size());
  std::ranges::copy(client_random,
                    std::as_writable_bytes(std::span(message.client_random)).begin());
  std::ranges::copy(secret, std::as_writable_bytes(std::span(message.secret)).begin());
  handlers_.key(message);
  wipe_message(message);
}

Fiber::Woken Handshake::await(Awaited what) {
  awaited_ = what;
  const auto woken = fiber_.suspend();
  awaited_ = Awaited::Nothing;
  return woken;
}

// On a fiber, which waits for the answer.
Reason Handshake::judge(const tls::PresentedChain& chain, const ipc::SpkiHash& anchor) {
  if (tell_certificates(chain) == 0)
    return Reason::CertificateLimit; // nobody can be asked about it
  told_certificates_ = true;
  auto request = wire::make<ipc::UserRequest>();
  request.id = id_;
  request.anchor_spki = anchor;
  request.server_name.assign_cut(session_->server_name());
  if (const auto names = tls::names_of(chain.front(), ipc::UserRequest::max_name - 1)) {
    request.subject.assign_cut(names->subject);
    request.issuer.assign_cut(names->issuer);
  }
  handlers_.ask_user(request);
  if (await(Awaited::User) == Fiber::Woken::Cancelled)
    return Reason::Cancelled; // the session knows better why
  return user_reason_;
}

bool Handshake::on_user(const ipc::UserReply& reply) {
  if (awaited_ != Awaited::User)
    return false;
  user_reason_ = *reason_from_number(reply.reason);
  if (steps_)
    steps_->on_step(ipc::StepKind::User, std::string(facts(user_reason_).name));
  fiber_.resume();
  return true;
}

bool Handshake::on_psk(const ipc::PskReply& reply) {
  if (awaited_ != Awaited::Psk)
    return false;
  psk_.reset();
  if (reply.size > 0) {
    auto key = Secret::create(reply.size);
    if (key) {
      std::ranges::copy(std::as_bytes(std::span(reply.key)).first(reply.size),
                        key->bytes().begin());
      psk_ = tls::Psk{std::string(reply.identity.view()), std::move(*key)};
    }
  }
  fiber_.resume();
  return true;
}

void Handshake::on_socket(std::uint32_t events) {
  if (fiber_.suspended())
    return set_enabled(ready_, false); // not before the signature is there
  if ((events & EPOLLERR) != 0)
    discard_error_queue(socket_.get());
  advance();
}

bool Handshake::needs_fiber() const {
  return uses_psk() || asks_user_ || signers_.permitted(fiber_);
}

// On a fiber, where a signature, a pre-shared key or the peer's user may be waited for; the last of
// this may destroy *this.
void Handshake::advance() {
  if (!needs_fiber()) {
    step_ = session_->advance();
    return on_advanced();
  }
  const auto started =
      fiber_.start([this] { step_ = session_->advance(); }, [this] { on_advanced(); });
  if (!started)
    finish(reason_of(started.error()), started.error().message());
}

void Handshake::on_advanced() {
  set_enabled(ready_, true);
  switch (step_) {
  case tls::Session::Step::WantRead:
    return set_events(ready_, EPOLLIN);
  case tls::Session::Step::WantWrite:
    return set_events(ready_, EPOLLOUT);
  case tls::Session::Step::Complete:
    return complete();
  case tls::Session::Step::Failed:
    return finish(session_->failure().reason,
                  unsigned_ ? "this side's own signature was missing" : session_->failure().detail);
  }
}

void Handshake::abort(Reason reason) {
  if (session_)
    session_->abort(reason);
  if (fiber_.suspended()) {
    unsigned_ = awaited_ == Awaited::Nothing;
    return fiber_.cancel(); // it fails with the reason, which on_advanced() reports
  }
  finish(reason, {});
}

// A peer that never said a word is another failure than one that did not get to the end.
void Handshake::on_deadline() {
  abort(heard() ? Reason::HandshakeTimeout : Reason::FirstByteTimeout);
}

void Handshake::complete() {
  if (const auto installed = install_keys(); !installed)
    return finish(Reason::KeyInstallFailed, installed.error().message());
  if (!told_certificates_)
    (void)tell_certificates(session_->peer_certificates());
  finish(Reason::Success, {});
}

// How many were told. One that is too long ends it: those behind it would seem to be it.
std::size_t Handshake::tell_certificates(const tls::PresentedChain& chain) const {
  std::size_t told = 0;
  for (const auto der : chain) {
    auto message = wire::make<ipc::PeerCertificate>();
    if (der.size() > message.max_size || told == wire::max_certificates)
      break;
    ++told;
    message.id = id_;
    message.size = static_cast<std::uint32_t>(der.size());
    std::ranges::copy(der, std::as_writable_bytes(std::span(message.der)).begin());
    handlers_.certificate(message);
  }
  return told;
}

Result<> Handshake::install_keys() {
  const auto suite = suite_from_name(session_->cipher());
  if (!suite)
    return invalid("the kernel has no cipher for the negotiated suite");
  const auto send = TRY(session_->transmit_state());
  const auto receive = TRY(session_->receive_state());
  const auto transmit_keys = TRY(TransmitKeys::create(*suite, send.key, send.iv, send.sequence));
  const auto receive_keys =
      TRY(ReceiveKeys::create(*suite, receive.key, receive.iv, receive.sequence));
  auto next = behind_handshake(suite->protocol, session_->tickets_sent());
  next.size_limit = session_->record_size_limit();
  TcpKtlsSocket kernel(socket_.get());
  return install(kernel, transmit_keys, receive_keys, next);
}

void Handshake::finish(Reason reason, std::string_view detail) {
  auto message = wire::make<ipc::HandshakeFinished>();
  message.id = id_;
  message.reason = static_cast<std::uint16_t>(reason);
  message.detail.assign_cut(escape(detail, 500));
  if (session_) {
    message.peer_subject.assign_cut(session_->peer_subject());
    message.peer_issuer.assign_cut(session_->peer_issuer());
    message.psk_identity.assign_cut(session_->psk_identity());
    message.authenticated = session_->peer_authenticated() ? 1 : 0;
  }
  if (reason == Reason::Success) {
    message.protocol.assign_cut(session_->protocol());
    message.cipher.assign_cut(session_->cipher());
    message.group.assign_cut(session_->group());
    message.signature.assign_cut(session_->signature());
    message.server_name.assign_cut(session_->server_name());
    message.alpn.assign_cut(session_->alpn());
    message.resumed = session_->resumed() ? 1 : 0;
    message.secrets = secrets_of(*session_);
  } else {
    discard_input(socket_.get());
    // without a session there is nobody else to tell the peer
    if (const auto alert = facts(reason).alert; awaits_profile_ && alert)
      end_with_alert(socket_.get(), *alert);
    (void)::shutdown(socket_.get(), SHUT_RDWR);
  }
  if (steps_)
    steps_->finish();
  deadline_.reset();
  first_byte_.reset();
  ready_.reset();
  session_.reset();
  socket_.reset();
  const auto finished = std::move(handlers_.finished); // it may destroy *this
  finished(message);
  wipe_message(message);
}

} // namespace ktls
