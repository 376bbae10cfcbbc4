// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel is told of the end of a handshake.
#include <gtest/gtest.h>

#include "broker/kernel_intake_case.hpp"

namespace ktls {
namespace {

using test::handshake;
using test::KernelIntakeTest;
using test::success;

TEST_F(KernelIntakeTest, PassesTagsWithinTheLimitOfTheRequest) {
  auto asked = handshake(MessageType::ServerHello);
  asked.parameters.max_tags = 2;
  waits(std::move(asked));
  open();
  auto outcome = success(true);
  outcome.tags = {"staff", std::string("a\0b", 3), "admins", "third"};

  requests.at(0).complete(outcome, -1);

  EXPECT_EQ(kernel.done.at(0).tags, (std::vector<std::string>{"staff", "admins"}));
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
                                         StatusCase{Reason::Busy, ETIMEDOUT},
                                         StatusCase{Reason::WorkerDied, ETIMEDOUT},
                                         StatusCase{Reason::WorkerStuck, ETIMEDOUT},
                                         StatusCase{Reason::SignerUnavailable, ETIMEDOUT},
                                         StatusCase{Reason::AgentStopping, ETIMEDOUT},
                                         StatusCase{Reason::NotConnected, ETIMEDOUT},
                                         StatusCase{Reason::KeyInstallFailed, EIO}));

} // namespace
} // namespace ktls
