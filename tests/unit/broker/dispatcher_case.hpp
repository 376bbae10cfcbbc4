// SPDX-License-Identifier: GPL-2.0-or-later
// A dispatcher with fake workers, and what it is asked.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "broker/dispatcher.hpp"
#include "broker/fake_workers.hpp"
#include "broker/test_generation.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"

namespace ktls::test {

inline constexpr std::uint32_t client_profile = 4;
inline constexpr std::uint32_t server_profile = 9;

inline constexpr const char* usual_policy = R"(
[agent]
handshake_timeout = 600
first_byte_timeout = 240
[profile.client]
handshake_role = "client"
truststore = "/ca.pem"
[credential.host]
certificate = "/host.pem"
private_key = "/host.key"
[profile.server]
handshake_role = "server"
credentials = "host"
tags = ["staff"]
[[rule]]
name = "clients"
role = "client"
profile = "client"
[[rule]]
name = "servers"
role = "server"
profile = "server"
)";

inline ServedByName served() {
  return {{"client", {client_profile, client_profile, nullptr}},
          {"server", {server_profile, server_profile, nullptr}}};
}

class DispatcherTest : public testing::Test {
protected:
  DispatcherTest() {
    serve(dispatcher, ample);
    workers.on_lost = [this](Workers::Index worker) {
      dispatcher.on_lost({&workers, worker}, Workers::Loss::Failed);
    };
  }

  // Of a connection whose end here is `sockets.back().ours`.
  HandshakeRequest request(RequestedRole role = RequestedRole::Client) {
    sockets.push_back(tcp_pair());
    return request_for(sockets.back().ours.get(), role);
  }
  HandshakeRequest request_for(int socket, RequestedRole role = RequestedRole::Client) {
    HandshakeRequest out;
    out.socket = Fd(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    out.role = role;
    out.peer_name = role == RequestedRole::Client ? "server.test" : "";
    out.timeout = std::chrono::minutes(10);
    out.origin = "test";
    out.complete = [this](const Outcome& outcome, int) { outcomes.push_back(outcome); };
    return out;
  }
  static ipc::HandshakeFinished finished(std::uint64_t id, Reason reason = Reason::Success) {
    auto message = wire::make<ipc::HandshakeFinished>();
    message.id = id;
    message.reason = static_cast<std::uint16_t>(reason);
    return message;
  }
  // What the peer of `pair` was sent, which has to be this alert.
  static void expect_alert(const Pair& pair, std::uint8_t alert) {
    std::array<std::uint8_t, 15> got{};
    const ssize_t size = ::recv(pair.peers.get(), got.data(), got.size(), MSG_DONTWAIT);
    ASSERT_EQ(size, alert == 90 ? 14 : 7);
    EXPECT_EQ(got[0], 21);
    EXPECT_EQ(got[6], alert);
  }
  static void expect_no_alert(const Pair& pair) {
    char byte = 0;
    EXPECT_LE(::recv(pair.peers.get(), &byte, 1, MSG_DONTWAIT), 0);
  }

  Reason only_reason() {
    EXPECT_EQ(outcomes.size(), 1U);
    return outcomes.empty() ? Reason::InternalError : outcomes[0].reason;
  }

  EventLoop loop = EventLoop::create().value();
  Pump pump{loop};
  FakeWorkers workers;
  void serve(Dispatcher& which, const Dispatcher::Limits& limits,
             const std::string& policy = usual_policy) {
    which.serve(TestGeneration::make(policy, served(), workers), limits);
  }

  static constexpr Dispatcher::Limits ample{100, 100, {100, 100}};
  Dispatcher dispatcher{loop, ample};
  std::vector<Pair> sockets;
  std::vector<Outcome> outcomes;
};

} // namespace ktls::test
