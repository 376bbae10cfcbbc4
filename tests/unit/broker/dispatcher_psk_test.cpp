// SPDX-License-Identifier: GPL-2.0-or-later
// Which workers the dispatcher gives which pre-shared keys.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "broker/dispatcher.hpp"
#include "broker/fake_workers.hpp"
#include "broker/test_generation.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;

constexpr const char* psk_policy = R"(
[profile.client]
handshake_role = "client"
psk_file = "/keys"
psk_identity = "bob"
[profile.server]
handshake_role = "server"
psk_file = "/keys"
[profile.nvme-host]
handshake_role = "client"
psk = "keyring"
[profile.nvme-target]
handshake_role = "server"
psk = "keyring"
[profile.nfs]
handshake_role = "client"
truststore = "/ca.pem"
[[rule]]
name = "nfs"
origin = "kernel"
server_name = "nfs.test"
role = "client"
profile = "nfs"
[[rule]]
name = "nvme-host"
origin = "kernel"
role = "client"
profile = "nvme-host"
[[rule]]
name = "nvme-target"
origin = "kernel"
role = "server"
profile = "nvme-target"
[[rule]]
name = "client"
role = "client"
profile = "client"
[[rule]]
name = "server"
role = "server"
profile = "server"
)";

test::ServedByName served_with_psk() {
  const auto file =
      std::make_shared<const PskFile>(PskFile::parse("alice:00000000000000000000000000000001\n"
                                                     "bob:00000000000000000000000000000002\n")
                                          .value());
  return {{"client", {1, std::nullopt, file}},
          {"server", {2, std::nullopt, file}},
          {"nfs", {6, 3, nullptr}},
          {"nvme-host", {std::nullopt, 4, nullptr}},
          {"nvme-target", {std::nullopt, 5, nullptr}}};
}

class DispatcherPskTest : public testing::Test {
protected:
  DispatcherPskTest() {
    dispatcher.serve(test::TestGeneration::make(psk_policy, served_with_psk(), workers), ample);
    workers.on_lost = [this](Workers::Index worker) {
      dispatcher.on_lost({&workers, worker}, Workers::Loss::Failed);
    };
  }

  HandshakeRequest request(RequestedRole role) {
    sockets.push_back(test::tcp_pair());
    HandshakeRequest out;
    out.socket = Fd(::fcntl(sockets.back().ours.get(), F_DUPFD_CLOEXEC, 0));
    out.role = role;
    out.timeout = 10min;
    out.complete = [this](const Outcome& outcome, int) { outcomes.push_back(outcome); };
    return out;
  }
  // Of a service in the kernel, whose keyring has the key of "nvme" alone.
  HandshakeRequest kernel_request(RequestedRole role) {
    auto out = request(role);
    out.who.origin = policy::Origin::Kernel;
    out.psk = [this](std::string_view identity) -> Result<tls::Psk> {
      asked.emplace_back(identity);
      if (!identity.empty() && identity != "nvme")
        return errno_error("looking", ENOKEY);
      auto key = Secret::create(32).value();
      key.bytes()[0] = std::byte{7};
      return tls::Psk{"nvme", std::move(key)};
    };
    return out;
  }
  // Of worker 0, unless told otherwise.
  void ask(Dispatcher::Id id, std::string_view identity, Workers::Index worker = 0) {
    auto message = wire::make<ipc::PskRequest>();
    message.id = id;
    EXPECT_TRUE(message.identity.assign(identity));
    dispatcher.on_psk_request({&workers, worker}, message);
  }
  void expect_replaced(Workers::Index worker) {
    EXPECT_EQ(workers.replaced, std::vector{worker});
    EXPECT_TRUE(workers.given.empty());
  }

  EventLoop loop = EventLoop::create().value();
  test::FakeWorkers workers;
  static constexpr Dispatcher::Limits ample{100, 100, {100, 100}};
  Dispatcher dispatcher{loop, ample};
  std::vector<test::Pair> sockets;
  std::vector<Outcome> outcomes;
  std::vector<std::string> asked;
};

TEST_F(DispatcherPskTest, NeedsNoNameOfTheServer) {
  (void)dispatcher.submit(request(RequestedRole::Client));
  (void)dispatcher.submit(kernel_request(RequestedRole::Client));

  ASSERT_EQ(workers.started.size(), 2U);
  EXPECT_EQ(workers.started[0].request.profile, 1U);
  EXPECT_EQ(workers.started[1].request.profile, 4U);
}

TEST_F(DispatcherPskTest, GivesAClientTheConfiguredKey) {
  const auto id = dispatcher.submit(request(RequestedRole::Client));

  ask(id, "");

  ASSERT_EQ(workers.given.size(), 1U);
  EXPECT_TRUE(workers.given[0].valid());
  EXPECT_EQ(workers.given[0].id, id);
  EXPECT_EQ(workers.given[0].identity.view(), "bob");
  EXPECT_EQ(workers.given[0].size, 16U);
  EXPECT_EQ(workers.given[0].key[15], 2);
  EXPECT_TRUE(workers.replaced.empty());
}

TEST_F(DispatcherPskTest, GivesAClientNoOtherKeyThanTheConfiguredOne) {
  const auto id = dispatcher.submit(request(RequestedRole::Client));

  ask(id, "alice");

  EXPECT_EQ(workers.given.at(0).identity.view(), "bob");
}

TEST_F(DispatcherPskTest, GivesAServerTheKeyOfItsClient) {
  const auto id = dispatcher.submit(request(RequestedRole::Server));

  ask(id, "alice");

  ASSERT_EQ(workers.given.size(), 1U);
  EXPECT_EQ(workers.given[0].identity.view(), "alice");
  EXPECT_EQ(workers.given[0].key[15], 1);
}

TEST_F(DispatcherPskTest, SaysThatThereIsNoKey) {
  const auto server = dispatcher.submit(request(RequestedRole::Server));

  ask(server, "carol");
  ask(server, ""); // not the first of the file

  ASSERT_EQ(workers.given.size(), 2U);
  for (const auto& reply : workers.given) {
    EXPECT_TRUE(reply.valid());
    EXPECT_EQ(reply.id, server);
    EXPECT_EQ(reply.size, 0U);
  }
  EXPECT_TRUE(workers.replaced.empty());
}

TEST_F(DispatcherPskTest, TakesTheKeysOfTheKernelFromItsRequest) {
  const auto client = dispatcher.submit(kernel_request(RequestedRole::Client));
  const auto server = dispatcher.submit(kernel_request(RequestedRole::Server));

  ask(client, "chosen by the worker");
  ask(server, "nvme");
  ask(server, "alice");

  EXPECT_EQ(asked, (std::vector<std::string>{"", "nvme", "alice"}));
  ASSERT_EQ(workers.given.size(), 3U);
  EXPECT_EQ(workers.given[0].size, 32U);
  EXPECT_EQ(workers.given[1].key[0], 7);
  EXPECT_EQ(workers.given[2].size, 0U);
}

TEST_F(DispatcherPskTest, GivesNoKeyThatDoesNotFit) {
  auto large = request(RequestedRole::Server);
  large.who.origin = policy::Origin::Kernel;
  large.psk = [](std::string_view identity) -> Result<tls::Psk> {
    return tls::Psk{std::string(identity), Secret::create(ipc::PskReply::max_key + 1).value()};
  };
  const auto id = dispatcher.submit(std::move(large));

  ask(id, "nvme");

  EXPECT_EQ(workers.given.at(0).size, 0U);
}

TEST_F(DispatcherPskTest, ReplacesAWorkerThatAsksTooOften) {
  const auto id = dispatcher.submit(request(RequestedRole::Server));
  for (int i = 0; i < tls::max_psk_lookups; ++i)
    ask(id, "alice");
  EXPECT_TRUE(workers.replaced.empty());
  workers.given.clear();

  ask(id, "alice");

  expect_replaced(0);
}

TEST_F(DispatcherPskTest, ReplacesAWorkerThatAsksForAnothersHandshake) {
  const auto id = dispatcher.submit(request(RequestedRole::Server));

  ask(id, "alice", 1);

  expect_replaced(1);
}

TEST_F(DispatcherPskTest, ReplacesAWorkerThatMakesUpHandshakes) {
  ask(77, "alice");

  expect_replaced(0);
}

TEST_F(DispatcherPskTest, ReplacesAWorkerThatAsksForWhatStillWaits) {
  workers.next.reset();
  const auto id = dispatcher.submit(request(RequestedRole::Server));

  ask(id, "alice");

  expect_replaced(0);
}

TEST_F(DispatcherPskTest, ReplacesAWorkerThatAsksForAHandshakeWithCertificates) {
  auto client = request(RequestedRole::Client);
  client.who.origin = policy::Origin::Kernel;
  client.peer_name = "nfs.test";
  const auto id = dispatcher.submit(std::move(client));
  ASSERT_EQ(workers.started.size(), 1U);

  ask(id, "");

  expect_replaced(0);
}

TEST_F(DispatcherPskTest, TellsTheIdentityThatWasUsed) {
  const auto id = dispatcher.submit(request(RequestedRole::Server));
  auto message = wire::make<ipc::HandshakeFinished>();
  message.id = id;
  message.authenticated = 1;
  message.psk_identity.assign_cut("ali\nce");

  dispatcher.on_finished({&workers, 0}, message);

  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].psk_identity, "ali\\x0ace");
}

} // namespace
} // namespace ktls
