// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/application_intake.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstring>

#include "base/log.hpp"
#include "base/text.hpp"
#include "broker/agent_socket.hpp"
#include "broker/caller.hpp"
#include "broker/prompt_close.hpp"

namespace ktls {
namespace {

ucred credentials_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  check(::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0, "a peer has credentials");
  return peer;
}

wire::StartReply reply_of(const Outcome& outcome) {
  const auto& reason = facts(outcome.reason);
  auto message = wire::make<wire::StartReply>();
  message.error = static_cast<std::uint32_t>(reason.error);
  message.reason.assign_cut(reason.name);
  message.authenticated = outcome.reason == Reason::Success && outcome.authenticated ? 1 : 0;
  message.certificates = static_cast<std::uint32_t>(outcome.certificates.size());
  if (outcome.user && message.authenticated != 0 && message.user.assign(outcome.user->name)) {
    message.user_strength = static_cast<std::uint32_t>(outcome.user->strength);
    message.uid = outcome.user->uid;
    message.user_source.assign_cut(outcome.user->source);
    message.user_rule.assign_cut(outcome.user->rule);
  }
  message.protocol.assign_cut(outcome.protocol);
  message.cipher.assign_cut(outcome.cipher);
  message.alpn.assign_cut(outcome.alpn);
  message.rule.assign_cut(outcome.rule);
  message.profile.assign_cut(outcome.profile);
  message.peer_subject.assign_cut(outcome.peer_subject);
  message.message.assign_cut(outcome.detail.empty()
                                 ? std::string(reason.help)
                                 : fmt::format("{} ({})", reason.help, outcome.detail));
  return message;
}

RequestedRole role_of(wire::Role role) {
  switch (role) {
  case wire::Role::Policy:
    return RequestedRole::ByPolicy;
  case wire::Role::Client:
    return RequestedRole::Client;
  case wire::Role::Server:
    return RequestedRole::Server;
  }
  return RequestedRole::ByPolicy;
}

// For descriptors that the agent has no use for: closing them must not wait either.
void let_go(std::span<const Fd> descriptors) {
  for (const Fd& passed : descriptors)
    dont_linger(passed.get());
}

// Room for all that a message can carry: the kernel closes what finds no room, and that may wait.
ipc::Channel channel_of(Fd socket) {
  return ipc::Channel(std::move(socket), ipc::all_descriptors);
}

constexpr const char* no_descriptor = "no file descriptor is free: RLIMIT_NOFILE of ktlsd";

} // namespace

Reason judge_request(const ipc::Packet& packet, wire::StartRequest& request) {
  if (packet.data_truncated || !wire::decode(packet.data.data(), packet.data.size(), request))
    return Reason::MalformedRequest;
  if (packet.descriptors.size() > 1)
    return Reason::TooManyDescriptors;
  // the kernel drops descriptors that find no room in our table
  if (packet.descriptors_truncated)
    return Reason::Busy;
  if (packet.descriptors.empty())
    return Reason::MissingDescriptor;
  return Reason::Success;
}

Result<std::unique_ptr<ApplicationIntake>>
ApplicationIntake::create(EventLoop& loop, std::string path, Limits limits, Handlers handlers,
                          Fd inherited) {
  std::unique_ptr<ApplicationIntake> self(
      new ApplicationIntake(loop, std::move(path), limits, std::move(handlers)));
  if (inherited) {
    self->listener_ = TRY(check_agent_socket(std::move(inherited), self->path_));
  } else {
    self->listener_ = TRY(listen_on(self->path_));
    self->owns_path_ = true;
  }
  self->listening_ = TRY(loop.on_io(self->listener_.get(), EPOLLIN,
                                    [raw = self.get()](std::uint32_t) { raw->on_connection(); }));
  return self;
}

void ApplicationIntake::set_limits(const Limits& limits) {
  limits_ = limits;
  set_events(listening_, EPOLLIN);
}

ApplicationIntake::~ApplicationIntake() {
  if (owns_path_)
    (void)::unlink(path_.c_str());
}

Fd ApplicationIntake::accept() {
  return Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

// The backlog is one for all users: whoever fills it must not make others wait for long.
void ApplicationIntake::on_connection() {
  constexpr int connections_at_once = 32;
  for (int i = 0; i < connections_at_once && applications_.size() < limits_.connections; ++i) {
    Fd socket = accept();
    if (socket)
      take_in(std::move(socket));
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
      return accept_to_refuse();
    else
      return; // that was all
  }
  if (applications_.size() >= limits_.connections)
    set_events(listening_, 0); // until one ends
}

void ApplicationIntake::take_in(Fd socket) {
  const ucred peer = credentials_of(socket.get());
  if (of_uids_.of(peer.uid) >= limits_.connections_per_uid)
    return turn_away(std::move(socket), Reason::Busy,
                     fmt::format("agent.max_connections_per_uid = {} for uid {}",
                                 limits_.connections_per_uid, peer.uid));
  if (const auto served = serve(std::move(socket), peer); !served)
    log::warning("serving an application: {}", served.error().message());
}

// No descriptor is free but those in reserve: who connects is told, instead of waiting for nothing.
void ApplicationIntake::accept_to_refuse() {
  reserve_.release();
  if (Fd socket = accept())
    turn_away(std::move(socket), Reason::Busy, no_descriptor);
  else
    pause_listening();
  reserve_.refill();
}

// Answers a connection that is not served, and closes it.
void ApplicationIntake::turn_away(Fd socket, Reason reason, const std::string& detail) {
  const ucred peer = credentials_of(socket.get());
  failures_.write(reason, fmt::format("pid {} uid {}: {}: {} ({})", peer.pid, peer.uid,
                                      facts(reason).name, facts(reason).help, detail));
  const auto message = reply_of(failure(reason, detail));
  auto channel = channel_of(std::move(socket));
  (void)channel.send(std::as_bytes(std::span(&message, 1)));
  ipc::discard_messages(channel, let_go);
}

// Not even in reserve: who connects waits in the backlog for a moment.
void ApplicationIntake::pause_listening() {
  constexpr std::chrono::milliseconds moment{100};
  set_events(listening_, 0);
  auto timer = loop_.on_time(loop_.now() + moment, [this] { set_events(listening_, EPOLLIN); });
  check(timer.has_value(), "a timer can be set");
  pause_ = std::move(*timer);
}

Result<> ApplicationIntake::serve(Fd socket, const ucred& peer) {
  const Id id = ++last_id_;
  Application application;
  application.name = fmt::format("pid {} uid {}", peer.pid, peer.uid);
  application.uid = peer.uid;
  application.pid = peer.pid;
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [this, id](ipc::Packet packet) { on_packet(id, std::move(packet)); };
  handlers.on_closed = [this, id] { on_closed(id); };
  handlers.on_sent = [this, id] { end_when_told(id); };
  application.connection =
      TRY(ipc::Connection::create(loop_, channel_of(std::move(socket)), std::move(handlers)));
  application.timer = TRY(loop_.on_time(loop_.now() + limits_.request_timeout,
                                        [this, id] { refuse(id, Reason::RequestTimeout); }));
  of_uids_.add(application.uid);
  applications_.emplace(id, std::move(application));
  return {};
}

void ApplicationIntake::on_packet(Id id, ipc::Packet packet) {
  auto& application = applications_.at(id);
  wire::ReloadRequest reload_request{};
  if (!application.asked && packet.descriptors.empty() &&
      wire::decode(packet.data.data(), packet.data.size(), reload_request))
    return reload(id);
  wire::RevalidateRequest revalidate_request{};
  if (!application.asked && packet.descriptors.empty() &&
      wire::decode(packet.data.data(), packet.data.size(), revalidate_request))
    return revalidate(id);
  wire::RekeyRequest rekey_request{};
  if (!application.asked && packet.descriptors.size() == 1 && !packet.data_truncated &&
      wire::decode(packet.data.data(), packet.data.size(), rekey_request))
    return rekey(id, rekey_request.step, packet.descriptors.front());
  wire::ControlRequest control_request{};
  if (!application.asked && packet.descriptors.size() == 1 && !packet.data_truncated &&
      wire::decode(packet.data.data(), packet.data.size(), control_request))
    return control(id, packet.descriptors.front());
  wire::StartRequest asked{};
  const Reason judged = application.asked ? Reason::MalformedRequest : judge_request(packet, asked);
  if (judged != Reason::Success) {
    let_go(packet.descriptors);
    const auto handshake = application.handshake;
    refuse(id, judged);
    if (handshake)
      handlers_.cancel(*handshake);
    return;
  }
  start(id, asked, std::move(packet.descriptors.front()));
}

void ApplicationIntake::start(Id id, const wire::StartRequest& asked, Fd socket) {
  auto& application = applications_.at(id);
  application.asked = true;
  application.timer.reset();

  HandshakeRequest request;
  request.socket = std::move(socket);
  request.role = role_of(asked.role);
  request.peer_name = asked.peer_name.view();
  request.wants_certificates = (asked.flags & asked.wants_certificates) != 0;
  request.wants_user = (asked.flags & asked.wants_user) != 0;
  request.timeout = limits_.handshake_timeout;
  if (asked.timeout_ms != 0)
    request.timeout = std::min(request.timeout, std::chrono::milliseconds(asked.timeout_ms));
  request.origin = application.name;
  request.pid = application.pid;
  request.who = facts_of_caller(application.connection->fd(), handlers_.asked_facts());
  handlers_.add_socket_facts(request.who, request.socket.get());
  request.complete = [this, id](const Outcome& outcome, int) { reply(id, outcome); };
  const auto handshake = handlers_.submit(std::move(request));
  if (const auto still = applications_.find(id); still != applications_.end())
    still->second.handshake = handshake;
}

// Whoever has the socket may.
void ApplicationIntake::rekey(Id id, wire::RekeyStep step, const Fd& socket) {
  auto& application = applications_.at(id);
  application.asked = true;
  application.timer.reset();
  dont_linger(socket.get());
  const auto outcome = handlers_.rekey(step, socket.get());
  if (outcome.reason != Reason::Success)
    report(id, outcome);
  reply(id, outcome);
}

void ApplicationIntake::report(Id id, const Outcome& outcome) {
  failures_.write(outcome.reason, fmt::format("{}: {}: {} ({})", applications_.at(id).name,
                                              facts(outcome.reason).name,
                                              facts(outcome.reason).help, outcome.detail));
}

// From then on it is none of those that wait here for an answer.
void ApplicationIntake::control(Id id, const Fd& socket) {
  auto& application = applications_.at(id);
  application.asked = true;
  application.timer.reset();
  dont_linger(socket.get());
  const auto cookie = handlers_.control(application.uid, socket.get());
  if (!cookie) {
    report(id, cookie.error());
    return reply(id, cookie.error());
  }
  auto taken = *take(id);
  auto channel = taken.connection->release();
  const auto message = reply_of(failure(Reason::Success));
  if (channel.send(std::as_bytes(std::span(&message, 1))).value_or(false))
    handlers_.controlled(*cookie, taken.uid, std::move(channel));
}

// Whoever can change the configuration may have it taken up.
bool ApplicationIntake::may_administrate(Id id) {
  auto& application = applications_.at(id);
  application.asked = true;
  application.timer.reset();
  if (application.uid == 0 || application.uid == ::geteuid())
    return true;
  refuse(id, Reason::NotPermitted);
  return false;
}

void ApplicationIntake::reload(Id id) {
  if (!may_administrate(id))
    return;
  log::info("{}: asks for a reload", applications_.at(id).name);
  handlers_.reload([this, id](std::uint64_t generation, const std::vector<std::string>& problems) {
    tell_reloaded(id, generation, problems);
  });
}

void ApplicationIntake::revalidate(Id id) {
  if (!may_administrate(id))
    return;
  log::info("{}: asks for a revalidation", applications_.at(id).name);
  handlers_.revalidate([this, id](const Revalidator::Report& report) {
    const auto found = applications_.find(id);
    if (found == applications_.end())
      return; // it went away meanwhile
    auto message = wire::make<wire::RevalidateReply>();
    message.judged = static_cast<std::uint32_t>(report.judged);
    message.revoked = static_cast<std::uint32_t>(report.revoked);
    message.ended = static_cast<std::uint32_t>(report.ended);
    message.not_ended = static_cast<std::uint32_t>(report.not_ended);
    message.not_answered = static_cast<std::uint32_t>(report.not_answered);
    (void)found->second.connection->send(message);
    found->second.told = true;
    end_when_told(id);
  });
}

void ApplicationIntake::tell_reloaded(Id id, std::uint64_t generation,
                                      const std::vector<std::string>& problems) {
  const auto found = applications_.find(id);
  if (found == applications_.end())
    return; // it went away meanwhile
  auto& application = found->second;
  for (std::size_t i = 0; i < problems.size() && i < wire::max_problems; ++i) {
    auto message = wire::make<wire::ReloadProblem>();
    message.text.assign_cut(escape(problems[i], sizeof message.text - 1));
    if (!application.connection->send(message))
      break; // it is gone
  }
  auto message = wire::make<wire::ReloadReply>();
  message.generation = generation;
  message.problems = static_cast<std::uint32_t>(problems.size());
  (void)application.connection->send(message);
  application.told = true;
  end_when_told(id);
}

// All that is wrong may be more than the kernel takes at once.
void ApplicationIntake::end_when_told(Id id) {
  const auto found = applications_.find(id);
  if (found == applications_.end() || !found->second.told ||
      !found->second.connection->has_sent_all())
    return;
  take(id)->connection->drain(let_go);
}

void ApplicationIntake::on_closed(Id id) {
  const auto application = take(id);
  application->connection->drain(let_go);
  if (application->handshake)
    handlers_.cancel(*application->handshake);
}

void ApplicationIntake::refuse(Id id, Reason reason) {
  failures_.write(reason, fmt::format("{}: {}: {}", applications_.at(id).name, facts(reason).name,
                                      facts(reason).help));
  reply(id, failure(reason, reason == Reason::Busy ? no_descriptor : ""));
}

void ApplicationIntake::reply(Id id, const Outcome& outcome) {
  const auto found = applications_.find(id);
  if (found == applications_.end())
    return; // it went away meanwhile
  auto& application = found->second;
  // to an application that does not read, nothing can be said
  (void)application.connection->send(reply_of(outcome));
  for (const auto& certificate : outcome.certificates) {
    auto message = wire::make<wire::PeerCertificate>();
    message.size = static_cast<std::uint32_t>(certificate.size());
    std::memcpy(message.der, certificate.data(), certificate.size());
    (void)application.connection->send(message);
  }
  application.handshake.reset();
  application.told = true;
  if (!application.connection->has_sent_all()) {
    auto timer = loop_.on_time(loop_.now() + limits_.request_timeout, [this, id] { take(id); });
    check(timer.has_value(), "a timer can be set");
    application.timer = std::move(*timer);
  }
  end_when_told(id);
}

std::optional<ApplicationIntake::Application> ApplicationIntake::take(Id id) {
  auto node = applications_.extract(id);
  if (node.empty())
    return std::nullopt;
  of_uids_.remove(node.mapped().uid);
  set_events(listening_, EPOLLIN);
  return std::move(node.mapped());
}

} // namespace ktls
