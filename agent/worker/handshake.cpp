// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/handshake.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "ktls/cipher.hpp"
#include "ktls/clear_end.hpp"
#include "ktls/ktls_socket.hpp"

namespace ktls {
namespace {

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

Handshake::Handshake(EventLoop& loop, const tls::Priority& priority, const ProfileRuntime& profile,
                     Finished finished)
    : loop_(loop), priority_(priority), profile_(profile), finished_(std::move(finished)) {}

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
  parameters.role = profile_.profile.role;
  parameters.client_auth_type = profile_.profile.client_auth_type;
  parameters.anonymous = request.anonymous != 0;
  parameters.server_name = HostName::parse(request.peer_name.view());
  session_ = TRY(tls::Session::create(socket_.get(), parameters, *profile_.credentials, priority_));
  ready_ = TRY(loop_.on_io(socket_.get(), EPOLLIN, [this](std::uint32_t events) {
    if ((events & EPOLLERR) != 0)
      discard_error_queue(socket_.get());
    advance();
  }));
  const auto when = EventLoop::Clock::now() + std::chrono::milliseconds(request.timeout_ms);
  deadline_ = TRY(loop_.on_time(when, [this] { abort(Reason::HandshakeTimeout); }));
  return {};
}

void Handshake::advance() {
  switch (session_->advance()) {
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
  TcpKtlsSocket kernel(socket_.get());
  return install(kernel, transmit_keys, receive_keys);
}

void Handshake::finish(Reason reason, std::string_view detail) {
  auto message = wire::make<ipc::HandshakeFinished>();
  message.id = id_;
  message.reason = static_cast<std::uint16_t>(reason);
  message.detail.assign_cut(escape(detail, 500));
  if (session_) {
    message.peer_subject.assign_cut(session_->peer_subject());
    message.authenticated = session_->peer_authenticated() ? 1 : 0;
  }
  if (reason == Reason::Success) {
    message.protocol.assign_cut(session_->protocol());
    message.cipher.assign_cut(session_->cipher());
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
