// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/worker.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "ipc/sealed_memory.hpp"

namespace ktls {
namespace {

// Of StartHandshake and ChooseProfile.
template<class Message>
Worker::Wants wants_of(const Message& message) {
  return {message.asks_user != 0, message.tells_steps != 0, message.logs_keys != 0};
}

} // namespace

Result<std::unique_ptr<Worker>> Worker::create(EventLoop& loop, ipc::Channel broker,
                                               std::function<Result<>()> lock_down) {
  std::unique_ptr<Worker> self(new Worker(loop, std::move(lock_down)));
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [raw = self.get()](ipc::Packet packet) {
    raw->on_packet(std::move(packet));
  };
  handlers.on_closed = [&loop] { loop.exit(0); };
  self->broker_ = TRY(ipc::Connection::create(loop, std::move(broker), std::move(handlers)));
  return self;
}

void Worker::on_packet(ipc::Packet packet) {
  const bool sound = dispatch(packet);
  wipe(packet.data);
  if (!sound) {
    log::debug("the broker sent a message that this phase does not allow");
    loop_.exit(1);
  }
}

bool Worker::dispatch(ipc::Packet& packet) {
  const void* data = packet.data.data();
  const std::size_t size = packet.data.size();
  ipc::WorkerConfigure configure_message{};
  ipc::AttachSigner attach_message{};
  ipc::StartHandshake start_message{};
  ipc::CancelHandshake cancel_message{};
  ipc::PskReply psk_message{};
  ipc::TicketKey ticket_message{};
  ipc::ChooseProfile choose_message{};
  ipc::UserReply user_message{};
  switch (phase_) {
  case Phase::Unconfigured:
    if (wire::decode(data, size, attach_message))
      return attach(attach_message, packet);
    return wire::decode(data, size, configure_message) && configure(packet);
  case Phase::Serving:
    if (wire::decode(data, size, attach_message))
      return attach(attach_message, packet);
    if (wire::decode(data, size, start_message))
      return start(start_message, packet);
    if (wire::decode(data, size, psk_message)) {
      const bool sound = pass_on(psk_message);
      wipe_message(psk_message);
      return sound;
    }
    if (wire::decode(data, size, ticket_message)) {
      const bool sound = take(ticket_message);
      wipe_message(ticket_message);
      return sound;
    }
    if (wire::decode(data, size, choose_message))
      return choose(choose_message);
    if (wire::decode(data, size, user_message))
      return pass_on(user_message);
    if (!wire::decode(data, size, cancel_message))
      return false;
    cancel(cancel_message.id);
    return true;
  case Phase::Refused:
    return false;
  }
  return false;
}

bool Worker::attach(const ipc::AttachSigner& message, ipc::Packet& packet) {
  if (packet.descriptors.size() > 1 || packet.descriptors_truncated)
    return false;
  std::optional<ipc::Channel> channel;
  if (!packet.descriptors.empty())
    channel.emplace(std::move(packet.descriptors.front()));
  const auto attached = signers_.attach(message.key_id, std::move(channel));
  return attached && *attached;
}

bool Worker::configure(const ipc::Packet& packet) {
  if (packet.descriptors.size() != 1)
    return false;
  if (const auto loaded = load(packet.descriptors.front().get()); !loaded) {
    phase_ = Phase::Refused;
    auto refused = wire::make<ipc::WorkerRefused>();
    refused.detail.assign_cut(escape(loaded.error().message(), 500));
    tell(refused);
    return true;
  }
  phase_ = Phase::Serving;
  tell(wire::make<ipc::WorkerReady>());
  return true;
}

Result<> Worker::load(int memory) {
  const auto bytes = TRY(ipc::read_sealed_memory(memory, ipc::max_configuration_size));
  auto configuration = TRY(ipc::decode_configuration(bytes));
  inventory_ = TRY(tls::Inventory::create(configuration.credentials,
                                          std::move(configuration.trust_stores), signers_));
  keeps_secrets_ = configuration.keeps_secrets;
  for (auto& profile : configuration.profiles)
    profiles_.push_back(
        TRY(tls::Context::create(std::move(profile), *inventory_, configuration.limits_records)));
  return lock_down_();
}

bool Worker::start(const ipc::StartHandshake& request, ipc::Packet& packet) {
  if (packet.descriptors.empty() && packet.descriptors_truncated) {
    // no descriptor is free in this process
    auto busy = wire::make<ipc::HandshakeFinished>();
    busy.id = request.id;
    busy.reason = static_cast<std::uint16_t>(Reason::Busy);
    tell(busy);
    return true;
  }
  const bool has_profile = request.name_decides == 0;
  if (packet.descriptors.size() != 1 || handshakes_.contains(request.id) ||
      (has_profile && request.profile >= profiles_.size()))
    return false;
  loop_.set_now(EventLoop::Clock::time_point(std::chrono::nanoseconds(request.sent_ns)));
  Handshake::Handlers handlers;
  handlers.finished = [this](const ipc::HandshakeFinished& message) {
    tell(message);
    handshakes_.erase(message.id);
  };
  handlers.certificate = [this](const ipc::PeerCertificate& message) { tell(message); };
  handlers.ask_psk = [this](const ipc::PskRequest& message) { tell(message); };
  handlers.ask_user = [this](const ipc::UserRequest& message) { tell(message); };
  handlers.ask_profile = [this](const ipc::ServerName& message) { tell(message); };
  handlers.step = [this](const ipc::HandshakeStep& message) { tell(message); };
  handlers.key = [this](const ipc::KeyLogEntry& message) { tell(message); };
  auto& handshake = handshakes_[request.id];
  handshake = std::make_unique<Handshake>(loop_, fibers_, signers_, std::move(handlers));
  auto socket = std::move(packet.descriptors.front());
  if (!has_profile) {
    handshake->start(request, std::move(socket), nullptr);
    return true;
  }
  const auto profile = profile_of(request.profile, request.permit, wants_of(request));
  handshake->start(request, std::move(socket), &profile);
  return true;
}

Handshake::Profile Worker::profile_of(std::uint32_t index, const ipc::SignPermit& permit,
                                      const Wants& wants) const {
  return {*profiles_.at(index), tickets_.key_of(index), permit,         wants.asks_user,
          keeps_secrets_,       wants.tells_steps,      wants.logs_keys};
}

bool Worker::choose(const ipc::ChooseProfile& choice) {
  const auto found = handshakes_.find(choice.id);
  if (found == handshakes_.end())
    return true; // it has just ended: the messages crossed
  if (const auto reason = *reason_from_number(choice.reason); reason != Reason::Success) {
    found->second->abort(reason);
    return true;
  }
  return choice.profile < profiles_.size() &&
         found->second->on_profile(profile_of(choice.profile, choice.permit, wants_of(choice)),
                                   std::chrono::milliseconds(choice.timeout_ms));
}

// A handshake that has just ended is no error: the messages crossed.
bool Worker::pass_on(const ipc::PskReply& reply) {
  const auto found = handshakes_.find(reply.id);
  return found == handshakes_.end() || found->second->on_psk(reply);
}

bool Worker::pass_on(const ipc::UserReply& reply) {
  const auto found = handshakes_.find(reply.id);
  return found == handshakes_.end() || found->second->on_user(reply);
}

bool Worker::take(const ipc::TicketKey& message) {
  return tickets_.set(std::as_bytes(std::span(message.key))).has_value();
}

void Worker::cancel(std::uint64_t id) {
  // one that has just finished is no error: the messages crossed
  if (const auto found = handshakes_.find(id); found != handshakes_.end())
    found->second->abort(Reason::Cancelled);
}

template<class Message>
void Worker::tell(const Message& message) {
  if (!broker_->send(message))
    loop_.exit(1); // the broker ends the handshakes of a worker that has ended
}

} // namespace ktls
