// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/kernel_intake.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/log.hpp"
#include "broker/socket_address.hpp"

namespace ktls {

HandshakeRequest to_request(KernelHandshake handshake) {
  auto& parameters = handshake.parameters;
  const bool client = parameters.message_type == MessageType::ClientHello;
  const auto limit = client ? KernelIntake::client_limit : KernelIntake::server_limit;
  HandshakeRequest request;
  request.socket = std::move(handshake.socket);
  request.role = client ? RequestedRole::Client : RequestedRole::Server;
  request.from_kernel = true;
  request.anonymous = parameters.auth_mode == AuthMode::Unauthenticated;
  request.peer_name = std::move(parameters.peer_name);
  request.timeout =
      std::min(parameters.timeout.value_or(limit), std::chrono::milliseconds(wire::max_timeout_ms));
  request.origin = client ? "kernel client" : "kernel server";
  return request;
}

bool is_supported(const HandshakeParameters& parameters) {
  return parameters.auth_mode != AuthMode::Psk && parameters.certificates.empty();
}

Result<std::unique_ptr<KernelIntake>>
KernelIntake::create(EventLoop& loop, std::unique_ptr<HandshakeFamily> family, Submit submit) {
  std::unique_ptr<KernelIntake> self(new KernelIntake(loop, std::move(family), std::move(submit)));
  self->notifications_ = TRY(loop.on_io(
      self->family_->fd(), EPOLLIN, [raw = self.get()](std::uint32_t) { raw->on_notification(); }));
  TRY(self->schedule_sweep());
  self->accept_all();
  return self;
}

void KernelIntake::on_notification() {
  const auto drained = family_->drain_notifications();
  if (!drained)
    log::warning("kernel notifications: {}", drained.error().message());
  else if (drained->resynchronise)
    log::notice("kernel notifications were lost; asking for all waiting requests");
  accept_all();
}

Result<> KernelIntake::schedule_sweep() {
  sweep_timer_ = TRY(loop_.on_time(EventLoop::Clock::now() + sweep, [this] {
    accept_all();
    check(schedule_sweep().has_value(), "a timer can be set");
  }));
  return {};
}

void KernelIntake::accept_all() {
  // an error concerns one request; a kernel that gives nothing else is not asked for ever
  constexpr int max_errors = 64;
  for (int errors = 0; errors < max_errors;) {
    auto next = family_->accept();
    if (!next) {
      log::error("accepting a handshake of the kernel: {}", next.error().message());
      ++errors;
      // CAP_NET_ADMIN is missing: the next call would say the same
      if (next.error().code == std::errc::operation_not_permitted)
        return;
    } else if (!*next) {
      return;
    } else {
      submit(std::move(**next));
    }
  }
}

void KernelIntake::submit(KernelHandshake handshake) {
  const bool supported = is_supported(handshake.parameters);
  auto request = to_request(std::move(handshake));
  if (!supported) {
    log::warning("{} {}: unsupported: the kernel asked for a pre-shared key or a certificate from "
                 "a keyring",
                 request.origin, describe_connection(request.socket.get()));
    (void)::shutdown(request.socket.get(), SHUT_RDWR);
    return done(request.socket.get(), failure(Reason::Unsupported), request.role);
  }
  request.complete = [this, role = request.role](const Outcome& outcome, int socket) {
    done(socket, outcome, role);
  };
  submit_(std::move(request));
}

void KernelIntake::done(int socket, const Outcome& outcome, RequestedRole role) {
  std::optional<KeySerial> peer;
  if (outcome.authenticated && role == RequestedRole::Server)
    peer = authenticated_peer;
  const auto told = family_->done(socket, facts(outcome.reason).kernel_status, peer);
  // a consumer that has given up is no error of ours
  if (!told && told.error().code == std::errc::device_or_resource_busy)
    log::notice("the kernel had given up on {}", describe_connection(socket));
  else if (!told)
    log::error("reporting a handshake to the kernel: {}", told.error().message());
}

} // namespace ktls
