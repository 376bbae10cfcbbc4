// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/kernel_intake.hpp"

#include <gtest/gtest.h>

#include "broker/fake_family.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;

KernelHandshake handshake(MessageType type, AuthMode mode = AuthMode::X509) {
  KernelHandshake out;
  out.parameters.message_type = type;
  out.parameters.auth_mode = mode;
  out.parameters.peer_name = "nfs.test";
  return out;
}

class KernelIntakeTest : public testing::Test {
protected:
  void waits(KernelHandshake asked) { kernel.waiting.emplace_back(std::move(asked)); }
  void waits_error(int number) { kernel.waiting.emplace_back(errno_error("accept", number)); }
  void open() {
    intake = KernelIntake::create(loop, std::make_unique<test::FakeFamily>(kernel),
                                  [this](HandshakeRequest r) { requests.push_back(std::move(r)); })
                 .value();
  }
  test::Done finish(MessageType type, const Outcome& outcome) {
    waits(handshake(type));
    open();
    requests.at(0).complete(outcome, -1);
    EXPECT_EQ(kernel.done.size(), 1U);
    return kernel.done.at(0);
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  test::KernelState kernel;
  std::unique_ptr<KernelIntake> intake;
  std::vector<HandshakeRequest> requests;
};

Outcome success(bool authenticated) {
  Outcome outcome;
  outcome.reason = Reason::Success;
  outcome.authenticated = authenticated;
  return outcome;
}

TEST_F(KernelIntakeTest, TakesUpAllThatWaitsAtTheStart) {
  waits(handshake(MessageType::ClientHello));
  waits(handshake(MessageType::ServerHello));

  open();

  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(kernel.accepts, 3);
  EXPECT_EQ(requests[0].role, RequestedRole::Client);
  EXPECT_EQ(requests[1].role, RequestedRole::Server);
}

TEST_F(KernelIntakeTest, TakesUpAllThatWaitsAtEachNotification) {
  open();

  waits(handshake(MessageType::ClientHello));
  waits(handshake(MessageType::ClientHello));
  kernel.notify();
  pump.until_idle();
  EXPECT_EQ(requests.size(), 2U);

  waits(handshake(MessageType::ClientHello));
  kernel.notify();
  pump.until_idle();
  EXPECT_EQ(requests.size(), 3U);
}

TEST_F(KernelIntakeTest, GoesOnWhenNotificationsWereLost) {
  open();
  kernel.drained = Notifications{0, true};
  waits(handshake(MessageType::ClientHello));

  kernel.notify();
  pump.until_idle();

  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(KernelIntakeTest, GoesOnWhenNotificationsCannotBeRead) {
  open();
  kernel.drained = errno_error("reading", EIO);
  waits(handshake(MessageType::ClientHello));

  kernel.notify();
  pump.until_idle();

  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(KernelIntakeTest, LosesOnlyTheRequestThatCannotBeAccepted) {
  waits_error(EBADMSG);
  waits(handshake(MessageType::ClientHello));

  open();

  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(KernelIntakeTest, DoesNotAskAgainWithoutPermission) {
  waits_error(EPERM);
  waits(handshake(MessageType::ClientHello));

  open();

  EXPECT_EQ(kernel.accepts, 1);
  EXPECT_TRUE(requests.empty());
}

TEST_F(KernelIntakeTest, AsksAKernelThatGivesOnlyErrorsNotForEver) {
  for (int i = 0; i < 1000; ++i)
    waits_error(EIO);

  open();

  EXPECT_EQ(kernel.accepts, 64);
}

TEST_F(KernelIntakeTest, RefusesPreSharedKeys) {
  auto asked = handshake(MessageType::ClientHello, AuthMode::Psk);
  auto sockets = test::tcp_pair();
  asked.socket = std::move(sockets.ours);
  waits(std::move(asked));

  open();

  EXPECT_TRUE(requests.empty());
  ASSERT_EQ(kernel.done.size(), 1U);
  EXPECT_EQ(kernel.done[0].status, EOPNOTSUPP);
  EXPECT_FALSE(kernel.done[0].remote_peer);
  char byte = 0;
  EXPECT_EQ(::recv(sockets.peers.get(), &byte, 1, MSG_DONTWAIT), 0) << "it is shut down";
}

TEST_F(KernelIntakeTest, RefusesCertificatesOfKeyrings) {
  auto asked = handshake(MessageType::ServerHello);
  asked.parameters.certificates = {{11, 12}};
  waits(std::move(asked));

  open();

  EXPECT_TRUE(requests.empty());
  ASSERT_EQ(kernel.done.size(), 1U);
  EXPECT_EQ(kernel.done[0].status, EOPNOTSUPP);
}

TEST_F(KernelIntakeTest, ReportsAnAuthenticatedClientToAServer) {
  const auto done = finish(MessageType::ServerHello, success(true));

  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(done.remote_peer, KernelIntake::authenticated_peer);
  EXPECT_NE(done.remote_peer, 0) << "TLS_NO_PEERID";
}

TEST_F(KernelIntakeTest, ReportsAnUnauthenticatedClientToAServer) {
  const auto done = finish(MessageType::ServerHello, success(false));

  EXPECT_EQ(done.status, 0);
  EXPECT_FALSE(done.remote_peer);
}

TEST_F(KernelIntakeTest, ReportsNoPeerToAClient) {
  const auto done = finish(MessageType::ClientHello, success(true));

  EXPECT_EQ(done.status, 0);
  EXPECT_FALSE(done.remote_peer);
}

TEST_F(KernelIntakeTest, SurvivesAConsumerThatHasGivenUp) {
  kernel.done_result = errno_error("done", EBUSY);

  EXPECT_EQ(finish(MessageType::ClientHello, success(true)).status, 0);
}

TEST_F(KernelIntakeTest, SurvivesAKernelThatTakesNoOutcome) {
  kernel.done_result = errno_error("done", EIO);

  EXPECT_EQ(finish(MessageType::ClientHello, success(true)).status, 0);
}

struct StatusCase {
  Reason reason;
  int status;
};

class EachStatus : public KernelIntakeTest, public testing::WithParamInterface<StatusCase> {};

TEST_P(EachStatus, IsAPositiveErrno) {
  EXPECT_EQ(finish(MessageType::ServerHello, failure(GetParam().reason)).status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(KernelIntake, EachStatus,
                         testing::Values(StatusCase{Reason::HandshakeTimeout, ETIMEDOUT},
                                         StatusCase{Reason::PeerClosed, ETIMEDOUT},
                                         StatusCase{Reason::CertificateUntrusted, EACCES},
                                         StatusCase{Reason::CertificateMissing, EACCES},
                                         StatusCase{Reason::AlertReceived, EACCES},
                                         StatusCase{Reason::NoPolicy, EACCES},
                                         StatusCase{Reason::WorkerDied, EIO},
                                         StatusCase{Reason::AgentStopping, EIO}));

TEST(ToRequest, CarriesWhatTheKernelAskedFor) {
  auto asked = handshake(MessageType::ClientHello, AuthMode::Unauthenticated);
  auto sockets = test::unix_pair();
  const int number = sockets.ours.get();
  asked.socket = std::move(sockets.ours);

  const auto request = to_request(std::move(asked));

  EXPECT_EQ(request.socket.get(), number);
  EXPECT_EQ(request.role, RequestedRole::Client);
  EXPECT_TRUE(request.anonymous);
  EXPECT_EQ(request.peer_name, "nfs.test");
  EXPECT_EQ(request.origin, "kernel client");
}

TEST(ToRequest, IsAnonymousOnlyWhenAskedFor) {
  EXPECT_FALSE(to_request(handshake(MessageType::ClientHello)).anonymous);
}

TEST(ToRequest, EndsBeforeTheConsumerGivesUp) {
  EXPECT_EQ(to_request(handshake(MessageType::ClientHello)).timeout, 9500ms);
  EXPECT_EQ(to_request(handshake(MessageType::ServerHello)).timeout, 4500ms);
}

TEST(ToRequest, KeepsTheTimeLimitOfTheKernel) {
  auto asked = handshake(MessageType::ServerHello);
  asked.parameters.timeout = 20s;
  auto endless = handshake(MessageType::ClientHello);
  endless.parameters.timeout = 4'294'967'295ms;

  EXPECT_EQ(to_request(std::move(asked)).timeout, 20s);
  EXPECT_EQ(to_request(std::move(endless)).timeout, 600s);
}

TEST(IsSupported, KnowsWhatTheAgentDoes) {
  auto keyring = handshake(MessageType::ClientHello).parameters;
  keyring.certificates = {{1, 2}};

  EXPECT_TRUE(is_supported(handshake(MessageType::ClientHello).parameters));
  EXPECT_TRUE(
      is_supported(handshake(MessageType::ClientHello, AuthMode::Unauthenticated).parameters));
  EXPECT_FALSE(is_supported(handshake(MessageType::ClientHello, AuthMode::Psk).parameters));
  EXPECT_FALSE(is_supported(keyring));
}

} // namespace
} // namespace ktls
