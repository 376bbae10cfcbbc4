// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/worker.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "ipc/sealed_memory.hpp"

namespace ktls {

Result<std::unique_ptr<Worker>> Worker::create(EventLoop& loop, ipc::Channel broker,
                                               ipc::Channel signer,
                                               std::function<Result<>()> lock_down) {
  std::unique_ptr<Worker> self(new Worker(loop, std::move(lock_down)));
  TRY(self->signer_.attach(std::move(signer)));
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [raw = self.get()](ipc::Packet packet) {
    raw->on_packet(std::move(packet));
  };
  handlers.on_closed = [&loop] { loop.exit(0); };
  self->broker_ = TRY(ipc::Connection::create(loop, std::move(broker), std::move(handlers)));
  return self;
}

void Worker::on_packet(ipc::Packet packet) {
  if (!dispatch(packet)) {
    log::debug("the broker sent a message that this phase does not allow");
    loop_.exit(1);
  }
}

bool Worker::dispatch(ipc::Packet& packet) {
  const void* data = packet.data.data();
  const std::size_t size = packet.data.size();
  ipc::WorkerConfigure configure_message{};
  ipc::StartHandshake start_message{};
  ipc::CancelHandshake cancel_message{};
  switch (phase_) {
  case Phase::Unconfigured:
    return wire::decode(data, size, configure_message) && configure(packet);
  case Phase::Serving:
    if (wire::decode(data, size, start_message))
      return start(start_message, packet);
    if (!wire::decode(data, size, cancel_message))
      return false;
    cancel(cancel_message.id);
    return true;
  case Phase::Refused:
    return false;
  }
  return false;
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
  for (auto& profile : configuration.profiles)
    profiles_.push_back(
        TRY(tls::Context::create(std::move(profile), signer_, configuration.limits_records)));
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
  if (packet.descriptors.size() != 1 || request.profile >= profiles_.size() ||
      handshakes_.contains(request.id))
    return false;
  const auto finished = [this](const ipc::HandshakeFinished& message) {
    tell(message);
    handshakes_.erase(message.id);
  };
  auto& handshake = handshakes_[request.id];
  handshake = std::make_unique<Handshake>(loop_, fibers_, *profiles_[request.profile], finished);
  handshake->start(request, std::move(packet.descriptors.front()));
  return true;
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
