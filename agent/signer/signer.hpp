// SPDX-License-Identifier: GPL-2.0-or-later
// Signer: keeps the private keys, and signs with them for the workers.
#pragma once

#include <list>
#include <memory>
#include <unordered_map>

#include "base/event_loop.hpp"
#include "ipc/connection.hpp"
#include "ipc/signer_protocol.hpp"
#include "tls/private_key.hpp"

namespace ktls {

class Signer {
public:
  // The loop's exit status is 0 when the broker has gone, 1 when it broke the protocol.
  static Result<std::unique_ptr<Signer>> create(EventLoop& loop, ipc::Channel broker);

private:
  explicit Signer(EventLoop& loop) : loop_(loop) {}
  bool on_broker_packet(ipc::Packet packet);
  Result<> load(const ipc::LoadKey& request);
  Result<> attach(ipc::Packet& packet);
  ipc::SignReply sign(const ipc::SignRequest& request) const;

  EventLoop& loop_;
  std::unordered_map<std::uint32_t, tls::PrivateKey> keys_;
  std::unique_ptr<ipc::Connection> broker_;
  std::list<std::unique_ptr<ipc::Connection>> workers_;
};

} // namespace ktls
