// SPDX-License-Identifier: GPL-2.0-or-later
// A worker, and the broker's end of its channel.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "ipc/sealed_memory.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"
#include "support/test_data.hpp"
#include "tls/certificate.hpp"
#include "worker/worker.hpp"

namespace ktls::test {

inline ipc::WorkerConfiguration one_client() {
  ipc::WorkerConfiguration out;
  out.trust_stores = {{tls::certificates_from_pem(data("ca.pem")).value(), {}}};
  auto& profile = out.profiles.emplace_back();
  profile.verification.trust_store = 0;
  profile.priority = "-VERS-ALL:+VERS-TLS1.3";
  return out;
}

inline ipc::StartHandshake handshake(std::uint64_t id) {
  auto message = wire::make<ipc::StartHandshake>();
  message.id = id;
  message.sent_ns = static_cast<std::uint64_t>(
      std::chrono::nanoseconds(EventLoop::Clock::now().time_since_epoch()).count());
  message.timeout_ms = 600'000;
  message.first_byte_ms = 600'000;
  message.peer_name.assign_cut("server.test");
  return message;
}

class WorkerTest : public testing::Test {
protected:
  WorkerTest() {
    auto [ours, workers] = ipc::Channel::pair().value();
    broker = std::move(ours);
    worker = Worker::create(loop, std::move(workers), [this] {
               ++locked_down;
               return lock_down_result;
             }).value();
  }
  template<class Message>
  void send(const Message& message, int descriptor = -1) {
    EXPECT_EQ(broker.send(std::as_bytes(std::span(&message, 1)), descriptor), true);
    pump.until_idle();
  }
  void configure(const ipc::WorkerConfiguration& configuration = one_client()) {
    const auto memory = ipc::make_sealed_memory(ipc::encode(configuration)).value();
    send(wire::make<ipc::WorkerConfigure>(), memory.get());
  }
  template<class Message>
  std::optional<Message> received() {
    Message message{};
    const auto next = broker.receive().value();
    const auto* packet = std::get_if<ipc::Packet>(&next);
    if (packet == nullptr || !wire::decode(packet->data.data(), packet->data.size(), message))
      return std::nullopt;
    return message;
  }
  void make_ready() {
    configure();
    ASSERT_TRUE(received<ipc::WorkerReady>());
  }

  EventLoop loop = EventLoop::create().value();
  Pump pump{loop};
  int locked_down = 0;
  Result<> lock_down_result;
  ipc::Channel broker{Fd()};
  std::unique_ptr<Worker> worker;
};

} // namespace ktls::test
