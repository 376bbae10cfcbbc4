// SPDX-License-Identifier: GPL-2.0-or-later
// Which messages a worker takes when; what it does with sockets is covered with a kernel.
#include "worker/worker.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "worker/worker_case.hpp"

namespace ktls {
namespace {

using ipc::Channel;
using test::handshake;
using test::one_client;
using test::WorkerTest;

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
