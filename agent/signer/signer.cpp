// SPDX-License-Identifier: GPL-2.0-or-later
#include "signer/signer.hpp"

#include <cstring>

#include "base/key_file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace ktls {

Result<std::unique_ptr<Signer>> Signer::create(EventLoop& loop, ipc::Channel broker) {
  std::unique_ptr<Signer> self(new Signer(loop));
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
  ipc::LoadKey load_key{};
  ipc::AttachWorker attach_worker{};
  if (wire::decode(data, size, load_key) && packet.descriptors.empty())
    return load(load_key).has_value();
  if (wire::decode(data, size, attach_worker) && packet.descriptors.size() == 1)
    return attach(packet).has_value();
  return false;
}

Result<> Signer::load(const ipc::LoadKey& request) {
  const auto loaded = [&]() -> Result<tls::Sha256> {
    const auto file = TRY(read_key_file(std::string(request.path.view())));
    auto key = TRY(tls::PrivateKey::from_pem(file.bytes()));
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

Result<> Signer::attach(ipc::Packet& packet) {
  workers_.emplace_back();
  const auto place = std::prev(workers_.end());
  ipc::Connection::Handlers handlers;
  // a worker that asks for what is not allowed is cut off; the broker sees it end
  handlers.on_packet = [this, place](const ipc::Packet& request_packet) {
    ipc::SignRequest request{};
    const bool sound =
        wire::decode(request_packet.data.data(), request_packet.data.size(), request) &&
        request_packet.descriptors.empty();
    if (!sound || !(*place)->send(sign(request)))
      workers_.erase(place);
  };
  handlers.on_closed = [this, place] { workers_.erase(place); };
  *place = TRY(ipc::Connection::create(loop_, ipc::Channel(std::move(packet.descriptors.front())),
                                       std::move(handlers)));
  return {};
}

ipc::SignReply Signer::sign(const ipc::SignRequest& request) const {
  auto reply = wire::make<ipc::SignReply>();
  reply.number = request.number;
  const auto key = keys_.find(request.key_id);
  if (key == keys_.end()) {
    log::warning("a worker asked for a signature with key {}, which does not exist",
                 request.key_id);
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
