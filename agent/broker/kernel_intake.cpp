// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/kernel_intake.hpp"

#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "broker/socket_address.hpp"
#include "ktls/clear_end.hpp"
#include "policy/policy.hpp"

namespace ktls {

HandshakeRequest to_request(KernelHandshake handshake, const std::string& network_namespace) {
  auto& parameters = handshake.parameters;
  const bool client = parameters.message_type == MessageType::ClientHello;
  const auto limit = client ? KernelIntake::client_limit : KernelIntake::server_limit;
  HandshakeRequest request;
  request.socket = std::move(handshake.socket);
  request.role = client ? RequestedRole::Client : RequestedRole::Server;
  request.who.origin = policy::Origin::Kernel;
  request.who.direction = client ? policy::Direction::Outbound : policy::Direction::Inbound;
  request.who.network_namespace =
      network_namespace.empty() ? std::string(policy::own_network_namespace) : network_namespace;
  request.anonymous = parameters.auth_mode == AuthMode::Unauthenticated;
  request.peer_name = std::move(parameters.peer_name);
  request.timeout =
      std::min(parameters.timeout.value_or(limit), std::chrono::milliseconds(wire::max_timeout_ms));
  request.origin = client ? "kernel client" : "kernel server";
  if (!network_namespace.empty())
    request.origin += " of " + escape(network_namespace);
  return request;
}

bool is_supported(const HandshakeParameters& parameters) {
  if (parameters.auth_mode != AuthMode::Psk)
    return parameters.certificates.empty();
  return (parameters.message_type == MessageType::ClientHello || parameters.keyring);
}

Result<std::unique_ptr<KernelIntake>> KernelIntake::create(EventLoop& loop,
                                                           std::unique_ptr<HandshakeFamily> family,
                                                           Submit submit, KeyringLinks& links,
                                                           Options options) {
  std::unique_ptr<KernelIntake> self(
      new KernelIntake(loop, std::move(family), std::move(submit), links, std::move(options)));
  self->spare_ = Fd(::open("/", O_PATH | O_CLOEXEC));
  self->notifications_ = TRY(loop.on_io(
      self->family_->fd(), EPOLLIN, [raw = self.get()](std::uint32_t) { raw->on_notification(); }));
  TRY(self->schedule_sweep(sweep));
  self->accept(all);
  return self;
}

// Each request is notified of once, so nothing is asked beyond their number.
void KernelIntake::on_notification() {
  const auto drained = family_->drain_notifications();
  if (drained && !drained->resynchronise)
    return accept(drained->ready);
  if (!drained)
    log::warning("kernel notifications: {}", drained.error().message());
  else
    log::notice("kernel notifications were lost; asking for all waiting requests");
  accept(all);
}

Result<> KernelIntake::schedule_sweep(std::chrono::milliseconds delay) {
  sweep_timer_ = TRY(loop_.on_time(EventLoop::Clock::now() + delay, [this] {
    check(schedule_sweep(sweep).has_value(), "a timer can be set");
    accept(all);
  }));
  return {};
}

// At most `count` requests.
void KernelIntake::accept(std::size_t count) {
  // an error concerns one request; a kernel that gives nothing else is not asked for ever
  constexpr int max_errors = 64;
  for (int errors = 0; count > 0 && errors < max_errors;) {
    if (!descriptor_is_free())
      return turn_away();
    auto next = family_->accept();
    if (next && !*next)
      return; // no more wait
    if (next) {
      submit(std::move(**next));
      --count;
      continue;
    }
    log::error("accepting a handshake of the kernel: {}", next.error().message());
    if (next.error().code == std::errc::operation_not_permitted)
      return; // CAP_NET_ADMIN is missing: the next call would say the same
    ++errors;
  }
}

// The kernel ends a request that it cannot give a descriptor for, with EIO, which the NFS client
// takes as a refusal for good.
bool KernelIntake::descriptor_is_free() const {
  return static_cast<bool>(Fd(::fcntl(family_->fd(), F_DUPFD_CLOEXEC, 0)));
}

// One request, in place of the spare descriptor; the others wait for a while.
void KernelIntake::turn_away() {
  log::error("no descriptor is free: a handshake of the kernel is turned away; raise LimitNOFILE");
  spare_.reset();
  if (auto next = family_->accept(); next && *next) {
    auto& handshake = **next;
    const auto link = links_.hold(handshake.parameters.keyring.value_or(0));
    refuse(to_request(std::move(handshake), options_.network_namespace), failure(Reason::Busy));
  }
  spare_ = Fd(::open("/", O_PATH | O_CLOEXEC));
  check(schedule_sweep(scarcity).has_value(), "a timer can be set");
}

void KernelIntake::submit(KernelHandshake handshake) {
  const HandshakeParameters parameters = handshake.parameters;
  auto request = to_request(std::move(handshake), options_.network_namespace);
  const bool psk = parameters.auth_mode == AuthMode::Psk;
  // the kernel has made a link for every request with a keyring, whatever else it asks for
  if (psk || parameters.keyring)
    request.keyring = links_.hold(parameters.keyring.value_or(0));
  if (!is_supported(parameters))
    return refuse(request, failure(Reason::Unsupported));
  if (psk && request.role == RequestedRole::Client) {
    auto keys = KeyringPsk::for_client(parameters.peer_identities, options_.psk_sha384);
    if (!keys)
      return refuse(request, failure(Reason::PskMissing, keys.error().message()));
    request.keys = std::make_unique<KeyringPsk>(std::move(*keys));
  } else if (psk) {
    request.keys = std::make_unique<KeyringPsk>(
        KeyringPsk::for_server(*parameters.keyring, options_.psk_sha384));
  }
  if (psk)
    request.psk = [keys = request.keys.get()](std::string_view identity) {
      return keys->find(identity);
    };
  request.complete = [this, role = request.role, max_tags = parameters.max_tags,
                      keys = request.keys.get()](const Outcome& outcome, int socket) {
    done(socket, outcome, role, keys == nullptr ? std::nullopt : keys->used(), max_tags);
  };
  submit_(std::move(request));
}

void KernelIntake::refuse(const HandshakeRequest& request, const Outcome& outcome) {
  const auto& reason = facts(outcome.reason);
  const int socket = request.socket.get();
  log::warning("{} {}: {}: {}{}{}", request.origin, describe_connection(socket), reason.name,
               reason.help, outcome.detail.empty() ? "" : ": ", outcome.detail);
  end_unbegun(socket, outcome.reason);
  done(socket, outcome, request.role, std::nullopt, std::nullopt);
}

// `peer`: the pre-shared key that both have proved to know; NVMe's consumers look it up by this.
void KernelIntake::done(int socket, const Outcome& outcome, RequestedRole role,
                        std::optional<KeySerial> peer, std::optional<std::uint32_t> max_tags) {
  if (!peer && outcome.authenticated && role == RequestedRole::Server)
    peer = authenticated_peer;
  auto tags = sendable_tags(outcome.tags, max_tags);
  if (tags.size() < outcome.tags.size())
    log::warning(
        "{} of {} tags of {} are not told to the kernel, which takes at most {} of 1 to {} "
        "bytes",
        outcome.tags.size() - tags.size(), outcome.tags.size(), describe_connection(socket),
        max_tags.value_or(handshake_uapi::max_tags), handshake_uapi::max_tag_size);
  const auto told =
      family_->done(socket, facts(outcome.reason).kernel_status, peer, std::move(tags));
  // a consumer that has given up is no error of ours
  if (!told && told.error().code == std::errc::device_or_resource_busy)
    log::notice("the kernel had given up on {}", describe_connection(socket));
  else if (!told)
    log::error("reporting a handshake to the kernel: {}", told.error().message());
}

} // namespace ktls
