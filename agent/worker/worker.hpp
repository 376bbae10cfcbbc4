// SPDX-License-Identifier: GPL-2.0-or-later
// Worker: does the handshakes that the broker hands to it, many at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/event_loop.hpp"
#include "ipc/connection.hpp"
#include "tls/ticket_keys.hpp"
#include "worker/handshake.hpp"
#include "worker/signer_client.hpp"

namespace ktls {

class Worker {
public:
  // `lock_down` is called between reading the configuration and the first handshake. The loop's
  // exit status is 0 when the broker has gone, 1 when it broke the protocol.
  static Result<std::unique_ptr<Worker>> create(EventLoop& loop, ipc::Channel broker,
                                                std::function<Result<>()> lock_down);
  // What the broker wants of a handshake.
  struct Wants {
    bool asks_user;
    bool tells_steps;
    bool logs_keys;
  };

private:
  // The messages that each phase allows; any other ends the process.
  enum class Phase { Unconfigured, Serving, Refused };

  Worker(EventLoop& loop, std::function<Result<>()> lock_down)
      : loop_(loop), signers_(loop, fibers_), lock_down_(std::move(lock_down)) {}
  void on_packet(ipc::Packet packet);
  bool dispatch(ipc::Packet& packet);
  bool attach(const ipc::AttachSigner& message, ipc::Packet& packet);
  bool configure(const ipc::Packet& packet);
  Result<> load(int memory);
  bool start(const ipc::StartHandshake& request, ipc::Packet& packet);
  void cancel(std::uint64_t id);
  bool pass_on(const ipc::PskReply& reply);
  bool pass_on(const ipc::UserReply& reply);
  bool take(const ipc::TicketKey& message);
  [[nodiscard]] Handshake::Profile profile_of(std::uint32_t index, const ipc::SignPermit& permit,
                                              const Wants& wants) const;
  bool choose(const ipc::ChooseProfile& choice);
  template<class Message>
  void tell(const Message& message);

  EventLoop& loop_;
  Fibers fibers_;
  SignerClient signers_;
  std::function<Result<>()> lock_down_;
  Phase phase_ = Phase::Unconfigured;
  std::unique_ptr<tls::Inventory> inventory_; // what the profiles share
  std::vector<std::unique_ptr<tls::Context>> profiles_;
  bool keeps_secrets_ = false;
  tls::TicketKeys tickets_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Handshake>> handshakes_;
  std::unique_ptr<ipc::Connection> broker_;
};

} // namespace ktls
