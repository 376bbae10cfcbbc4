// SPDX-License-Identifier: GPL-2.0-or-later
#include "signer/signer.hpp"

#include <cstring>

#include "base/key_file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "signer/token_url.hpp"

namespace ktls {

Result<std::unique_ptr<Signer>> Signer::create(EventLoop& loop, ipc::Channel broker,
                                               std::function<Result<>(Place)> lock_down) {
  std::unique_ptr<Signer> self(new Signer(loop, std::move(lock_down)));
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [raw = self.get()](ipc::Packet packet) {
    if (!raw->on_broker_packet(std::move(packet)))
      raw->loop_.exit(1);
  };
  handlers.on_closed = [&loop] { loop.exit(0); };
  self->broker_ = TRY(ipc::Connection::create(loop, std::move(broker), std::move(handlers)));
  return self;
}

bool Signer::on_broker_packet(ipc::Packet packet) {
  const void* data = packet.data.data();
  const std::size_t size = packet.data.size();
  ipc::SignerConfigure configure_message{};
  ipc::LoadKey load_key{};
  ipc::AttachWorker attach_worker{};
  ipc::SignerPing ping{};
  switch (phase_) {
  case Phase::Unconfigured:
    if (!wire::decode(data, size, configure_message) || !packet.descriptors.empty())
      return false;
    wipe(packet.data);
    return configure(configure_message);
  case Phase::Serving:
    if (wire::decode(data, size, load_key) && packet.descriptors.empty()) {
      const bool loaded = load(load_key).has_value();
      wipe_message(load_key); // there may be a PIN in it
      wipe(packet.data);
      return loaded;
    }
    if (wire::decode(data, size, attach_worker) && packet.descriptors.size() == 1)
      return attach(attach_worker, packet).has_value();
    if (wire::decode(data, size, ping) && packet.descriptors.empty())
      return broker_->send(ping).has_value();
    return false;
  }
  return false;
}

bool Signer::configure(const ipc::SignerConfigure& message) {
  auto secret = Secret::create(message.permit_secret.size());
  if (!secret)
    return false;
  std::memcpy(secret->bytes().data(), message.permit_secret.data(), message.permit_secret.size());
  permits_.emplace(std::move(*secret));
  place_ = message.token == 1 ? Place::Token : Place::Files;
  if (const auto locked = lock_down_(place_); !locked) {
    log::error("ktlsd-signer: {}", locked.error().message());
    return false;
  }
  phase_ = Phase::Serving;
  return true;
}

Result<> Signer::load(const ipc::LoadKey& request) {
  const auto loaded = [&]() -> Result<tls::Sha256> {
    auto key = TRY(open(request.source.view()));
    const auto digest = TRY(key.spki_sha256());
    keys_.insert_or_assign(request.key_id, std::move(key));
    return digest;
  }();
  if (!loaded) {
    auto refused = wire::make<ipc::KeyRefused>();
    refused.key_id = request.key_id;
    refused.detail.assign_cut(loaded.error().message());
    return broker_->send(refused);
  }
  auto reply = wire::make<ipc::KeyLoaded>();
  reply.key_id = request.key_id;
  reply.spki_sha256 = *loaded;
  return broker_->send(reply);
}

Result<tls::PrivateKey> Signer::open(std::string_view source) const {
  if (place_ == Place::Files) {
    const auto file = TRY(read_key_file(std::string(source)));
    return tls::PrivateKey::from_pem(file.bytes());
  }
  auto url = TRY(parse_token_url(source));
  if (url.pin_source) {
    const auto file = read_key_file(*url.pin_source);
    if (!file)
      return add_context(file.error(), "the file of pin-source");
    url.pin = TRY(pin_from_file(*file));
  }
  return tls::PrivateKey::from_token(url.key, std::move(url.pin));
}

Result<> Signer::attach(const ipc::AttachWorker& message, ipc::Packet& packet) {
  workers_.push_back({message.serial, nullptr});
  const auto place = std::prev(workers_.end());
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [this, place](const ipc::Packet& request) { on_request(place, request); };
  handlers.on_closed = [this, place] { workers_.erase(place); };
  place->connection = TRY(ipc::Connection::create(
      loop_, ipc::Channel(std::move(packet.descriptors.front())), std::move(handlers)));
  return {};
}

void Signer::on_request(WorkerPlace worker, const ipc::Packet& packet) {
  ipc::SignRequest request{};
  if (!wire::decode(packet.data.data(), packet.data.size(), request) || !packet.descriptors.empty())
    return cut_off(worker, "it sent a message that is not allowed");
  const auto verdict =
      permits_->use(request.permit, worker->serial, request.key_id, loop_.now().time_since_epoch());
  if (tls::is_misuse(verdict))
    return cut_off(worker, tls::describe(verdict));
  auto reply = wire::make<ipc::SignReply>();
  reply.number = request.number;
  if (verdict == tls::PermitBook::Verdict::Granted)
    reply = sign(request);
  else
    log::warning("a signature was refused: {}", tls::describe(verdict));
  if (!worker->connection->send(reply))
    cut_off(worker, "it does not take its answers");
}

// It does not end by itself when it was taken over: the broker sees to it.
void Signer::cut_off(WorkerPlace worker, std::string_view why) {
  auto message = wire::make<ipc::WorkerCutOff>();
  message.serial = worker->serial;
  message.detail.assign_cut(why);
  workers_.erase(worker);
  if (!broker_->send(message))
    loop_.exit(1);
}

ipc::SignReply Signer::sign(const ipc::SignRequest& request) const {
  auto reply = wire::make<ipc::SignReply>();
  reply.number = request.number;
  const auto key = keys_.find(request.key_id);
  if (key == keys_.end()) {
    log::warning("a worker asked for a signature with key {}, which is not here", request.key_id);
    return reply;
  }
  const auto data = std::as_bytes(std::span(request.data)).first(request.size);
  const auto signature = key->second.sign(request.scheme, data);
  if (!signature || signature->size() > reply.signature.size()) {
    log::warning("a signature was refused: {}",
                 signature ? "it is too long" : signature.error().message());
    return reply;
  }
  std::memcpy(reply.signature.data(), signature->data(), signature->size());
  reply.size = static_cast<std::uint32_t>(signature->size());
  return reply;
}

} // namespace ktls
