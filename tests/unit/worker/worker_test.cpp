// SPDX-License-Identifier: GPL-2.0-or-later
// Which messages a worker takes when; what it does with sockets is covered with a kernel.
#include "worker/worker.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "ipc/sealed_memory.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"
#include "support/test_data.hpp"
#include "tls/certificate.hpp"

namespace ktls {
namespace {

using ipc::Channel;

ipc::WorkerConfiguration one_client() {
  ipc::WorkerConfiguration out;
  out.trust_stores = {{tls::certificates_from_pem(test::data("ca.pem")).value(), {}}};
  auto& profile = out.profiles.emplace_back();
  profile.verification.trust_store = 0;
  profile.priority = "-VERS-ALL:+VERS-TLS1.3";
  return out;
}

ipc::StartHandshake handshake(std::uint64_t id) {
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
    auto [ours, workers] = Channel::pair().value();
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
  test::Pump pump{loop};
  int locked_down = 0;
  Result<> lock_down_result;
  Channel broker{Fd()};
  std::unique_ptr<Worker> worker;
};

TEST_F(WorkerTest, IsReadyBehindItsLockDown) {
  configure();

  EXPECT_TRUE(received<ipc::WorkerReady>());
  EXPECT_EQ(locked_down, 1);
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(WorkerTest, RefusesToServeWithoutItsLockDown) {
  lock_down_result = errno_error("the filter", EPERM);

  configure();

  const auto refused = received<ipc::WorkerRefused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->detail.view(), "the filter: Operation not permitted");
  send(handshake(1), broker.fd());
  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, RefusesMemoryThatCouldChange) {
  const auto sockets = test::unix_pair();

  send(wire::make<ipc::WorkerConfigure>(), sockets.ours.get());

  EXPECT_TRUE(received<ipc::WorkerRefused>());
  EXPECT_EQ(locked_down, 0);
}

TEST_F(WorkerTest, RefusesAPriorityThatGnutlsDoesNotKnow) {
  auto configuration = one_client();
  configuration.profiles[0].priority = "NONSENSE\n";

  configure(configuration);

  const auto refused = received<ipc::WorkerRefused>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->detail.view().find('\n'), std::string_view::npos);
}

TEST_F(WorkerTest, RefusesBrokenCertificates) {
  auto configuration = one_client();
  configuration.trust_stores[0].anchors[0].pop_back();

  configure(configuration);

  EXPECT_TRUE(received<ipc::WorkerRefused>());
}

TEST_F(WorkerTest, EndsWithTheBroker) {
  (void)Fd(broker.release());

  pump.until_idle();

  EXPECT_EQ(pump.exit_status(), 0);
}

TEST_F(WorkerTest, WantsItsConfigurationFirst) {
  send(handshake(1), broker.fd());

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, WantsItsConfigurationWithMemory) {
  send(wire::make<ipc::WorkerConfigure>());

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, WantsItsConfigurationOnce) {
  make_ready();

  configure();

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, WantsASocketWithEachHandshake) {
  make_ready();

  send(handshake(1));

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, WantsAProfileThatExists) {
  make_ready();
  const auto sockets = test::tcp_pair();
  auto message = handshake(1);
  message.profile = 1;

  send(message, sockets.ours.get());

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, TakesSignersAtAnyTime) {
  auto [signer, workers_signer] = Channel::pair().value();
  const auto attach = wire::make<ipc::AttachSigner>();

  send(attach);
  send(attach, workers_signer.fd());
  make_ready();
  send(attach, workers_signer.fd());

  EXPECT_FALSE(pump.exit_status());
}

TEST_F(WorkerTest, TakesOnlySoManySigners) {
  auto attach = wire::make<ipc::AttachSigner>();
  for (; attach.key_id < ipc::max_signers; ++attach.key_id)
    send(attach);
  EXPECT_FALSE(pump.exit_status());

  send(attach);

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, IgnoresACancellationThatComesLate) {
  make_ready();
  auto cancel = wire::make<ipc::CancelHandshake>();
  cancel.id = 9;

  send(cancel);

  EXPECT_FALSE(pump.exit_status());
}

TEST_F(WorkerTest, IgnoresAPreSharedKeyThatComesLate) {
  make_ready();
  auto reply = wire::make<ipc::PskReply>();
  reply.id = 9;

  send(reply);

  EXPECT_FALSE(pump.exit_status());
}

TEST_F(WorkerTest, TakesKeysOfTicketsAtAnyTime) {
  make_ready();

  send(wire::make<ipc::TicketKey>());
  send(wire::make<ipc::TicketKey>());

  EXPECT_FALSE(pump.exit_status());
}

TEST_F(WorkerTest, WantsItsConfigurationBeforeKeysOfTickets) {
  send(wire::make<ipc::TicketKey>());

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, WantsItsConfigurationBeforePreSharedKeys) {
  send(wire::make<ipc::PskReply>());

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, TakesNoRequestThatIsItsOwnToMake) {
  make_ready();

  send(wire::make<ipc::PskRequest>());

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, EndsWhenTheBrokerMakesNoSense) {
  make_ready();

  send(wire::make<ipc::WorkerReady>());

  EXPECT_EQ(pump.exit_status(), 1);
}

// The kernel drops the descriptor of a message when this process can have no more.
TEST_F(WorkerTest, IsBusyWithoutAFreeDescriptor) {
  make_ready();
  const auto sockets = test::unix_pair();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  send(handshake(7), sockets.ours.get());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

  const auto finished = received<ipc::HandshakeFinished>();
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->reason, static_cast<std::uint16_t>(Reason::Busy));
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(WorkerTest, ReportsASocketThatCannotHaveKernelTls) {
  make_ready();
  const auto sockets = test::unix_pair();
  const auto before = test::count_descriptors();

  send(handshake(7), sockets.ours.get());

  const auto finished = received<ipc::HandshakeFinished>();
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->id, 7U);
  EXPECT_EQ(finished->reason, static_cast<std::uint16_t>(Reason::KernelTlsUnavailable));
  EXPECT_EQ(finished->authenticated, 0U);
  EXPECT_TRUE(test::is_shut_down(sockets));
  EXPECT_EQ(test::count_descriptors(), before) << "its copy is closed";
  EXPECT_FALSE(pump.exit_status());
}

} // namespace
} // namespace ktls
