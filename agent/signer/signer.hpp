// SPDX-License-Identifier: GPL-2.0-or-later
// Signer: keeps private keys, and signs with them for the workers.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/event_loop.hpp"
#include "ipc/connection.hpp"
#include "ipc/signer_protocol.hpp"
#include "tls/private_key.hpp"
#include "tls/sign_permit.hpp"

namespace ktls {

class Signer {
public:
  // Where this one's keys are.
  enum class Place { Files, Token };

  // `lock_down` is called once, before any key is loaded. The loop's exit status is 0 when the
  // broker has gone, 1 when it broke the protocol or the lock-down failed.
  static Result<std::unique_ptr<Signer>> create(EventLoop& loop, ipc::Channel broker,
                                                std::function<Result<>(Place)> lock_down);

private:
  // The first message of the broker is the configuration; any other ends the process.
  enum class Phase { Unconfigured, Serving };
  struct Worker {
    std::uint64_t serial;
    std::unique_ptr<ipc::Connection> connection;
  };
  using WorkerPlace = std::list<Worker>::iterator;

  Signer(EventLoop& loop, std::function<Result<>(Place)> lock_down)
      : loop_(loop), lock_down_(std::move(lock_down)) {}
  bool on_broker_packet(ipc::Packet packet);
  bool configure(const ipc::SignerConfigure& message);
  Result<> load(const ipc::LoadKey& request);
  [[nodiscard]] Result<tls::PrivateKey> open(std::string_view source) const;
  Result<> attach(const ipc::AttachWorker& message, ipc::Packet& packet);
  void on_request(WorkerPlace worker, const ipc::Packet& packet);
  void cut_off(WorkerPlace worker, std::string_view why);
  ipc::SignReply sign(const ipc::SignRequest& request) const;

  EventLoop& loop_;
  std::function<Result<>(Place)> lock_down_;
  Phase phase_ = Phase::Unconfigured;
  Place place_ = Place::Files;
  std::optional<tls::PermitBook> permits_;
  std::unordered_map<std::uint32_t, tls::PrivateKey> keys_;
  std::unique_ptr<ipc::Connection> broker_;
  std::list<Worker> workers_;
};

} // namespace ktls
