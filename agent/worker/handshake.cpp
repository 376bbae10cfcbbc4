// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/handshake.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>

#include "base/text.hpp"
#include "ktls/cipher.hpp"
#include "ktls/ktls_socket.hpp"

namespace ktls {
namespace {

// What a peer sent and nobody will read: closing a socket with unread data resets the connection,
// and a reset overtakes the alert.
void discard_input(int socket) {
  constexpr int max_reads = 16;
  std::array<std::byte, 4096> unread{};
  for (int i = 0; i < max_reads; ++i) {
    if (::recv(socket, unread.data(), unread.size(), MSG_DONTWAIT) <= 0)
      return;
  }
}

// Time stamps and the like, which would make the socket ready for ever.
void discard_error_queue(int socket) {
  constexpr int max_reads = 64;
  msghdr nothing{};
  for (int i = 0; i < max_reads; ++i) {
    if (::recvmsg(socket, &nothing, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
      return;
  }
}

} // namespace

Handshake::Handshake(EventLoop& loop, Fibers& fibers, const tls::Context& context,
                     Finished finished)
    : loop_(loop), context_(context), finished_(std::move(finished)), fiber_(fibers) {}

void Handshake::start(const ipc::StartHandshake& request, Fd socket) {
  id_ = request.id;
  socket_ = std::move(socket);
  // first, while nothing has been sent: it can fail, and needs a connection that is still
  // established at both ends
  TcpKtlsSocket kernel(socket_.get());
  if (const Reason attached = attach(kernel); attached != Reason::Success)
    return finish(attached, {});
  if (const auto prepared = prepare(request); !prepared)
    return finish(Reason::InternalError, prepared.error().message());
  advance();
}

Result<> Handshake::prepare(const ipc::StartHandshake& request) {
  tls::SessionParameters parameters{};
  parameters.anonymous = request.anonymous != 0;
  parameters.server_name = HostName::parse(request.peer_name.view());
  session_ = TRY(tls::Session::create(socket_.get(), parameters, context_));
  ready_ =
      TRY(loop_.on_io(socket_.get(), EPOLLIN, [this](std::uint32_t events) { on_socket(events); }));
  const auto when = EventLoop::Clock::now() + std::chrono::milliseconds(request.timeout_ms);
  deadline_ = TRY(loop_.on_time(when, [this] { abort(Reason::HandshakeTimeout); }));
  return {};
}

void Handshake::on_socket(std::uint32_t events) {
  if (fiber_.suspended())
    return set_enabled(ready_, false); // not before the signature is there
  if ((events & EPOLLERR) != 0)
    discard_error_queue(socket_.get());
  advance();
}

// On a fiber, which waits while a signature is made; the last of this may destroy *this.
void Handshake::advance() {
  const auto started =
      fiber_.start([this] { step_ = session_->advance(); }, [this] { on_advanced(); });
  if (!started)
    finish(Reason::InternalError, started.error().message());
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
    return finish(session_->failure().reason, session_->failure().detail);
  }
}

void Handshake::abort(Reason reason) {
  if (session_)
    session_->abort(reason);
  if (fiber_.suspended())
    return fiber_.cancel(); // it fails with the reason, which on_advanced() reports
  finish(reason, {});
}

void Handshake::complete() {
  if (const auto installed = install_keys(); !installed)
    return finish(Reason::KeyInstallFailed, installed.error().message());
  finish(Reason::Success, {});
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
    message.psk_identity.assign_cut(session_->psk_identity());
    message.authenticated = session_->peer_authenticated() ? 1 : 0;
  }
  if (reason == Reason::Success) {
    message.protocol.assign_cut(session_->protocol());
    message.cipher.assign_cut(session_->cipher());
    message.alpn.assign_cut(session_->alpn());
    message.resumed = session_->resumed() ? 1 : 0;
  } else {
    discard_input(socket_.get());
    (void)::shutdown(socket_.get(), SHUT_RDWR);
  }
  deadline_.reset();
  ready_.reset();
  session_.reset();
  socket_.reset();
  const auto finished = std::move(finished_); // it may destroy *this
  finished(message);
}

} // namespace ktls
