// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/kernel_intake.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/log.hpp"
#include "broker/kernel_intake_case.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using test::handshake;
using test::KernelIntakeTest;
using namespace std::chrono_literals;

TEST_F(KernelIntakeTest, TakesUpAllThatWaitsAtTheStart) {
  waits(handshake(MessageType::ClientHello));
  waits(handshake(MessageType::ServerHello));

  open();

  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(kernel.accepts, 3);
  EXPECT_EQ(requests[0].role, RequestedRole::Client);
  EXPECT_EQ(requests[1].role, RequestedRole::Server);
}

TEST_F(KernelIntakeTest, TakesUpAsManyAsItIsNotifiedOf) {
  open();
  const int before = kernel.accepts;

  waits(handshake(MessageType::ClientHello));
  waits(handshake(MessageType::ClientHello));
  kernel.notify();
  kernel.notify();
  pump.until_idle();
  EXPECT_EQ(requests.size(), 2U);
  EXPECT_EQ(kernel.accepts, before + 2) << "and does not ask for more";

  waits(handshake(MessageType::ClientHello));
  kernel.notify();
  pump.until_idle();
  EXPECT_EQ(requests.size(), 3U);
}

TEST_F(KernelIntakeTest, DoesNotWaitForARequestThatWasWithdrawn) {
  open();

  kernel.notify();
  kernel.notify();
  pump.until_idle();
  EXPECT_TRUE(requests.empty());

  waits(handshake(MessageType::ClientHello));
  kernel.notify();
  pump.until_idle();
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(KernelIntakeTest, FindsOtherRequestsBehindOneThatCannotBeAccepted) {
  open();
  waits_error(EBADMSG);
  waits(handshake(MessageType::ClientHello));

  kernel.notify();
  pump.until_idle();

  EXPECT_EQ(requests.size(), 1U);
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

TEST_F(KernelIntakeTest, RefusesCertificatesOfKeyrings) {
  auto asked = handshake(MessageType::ClientHello);
  asked.parameters.certificates = {{1, 2}};
  auto sockets = test::tcp_pair();
  asked.socket = std::move(sockets.ours);
  waits(std::move(asked));

  open();

  EXPECT_TRUE(requests.empty());
  ASSERT_EQ(kernel.done.size(), 1U);
  EXPECT_EQ(kernel.done[0].status, EOPNOTSUPP);
  EXPECT_FALSE(kernel.done[0].remote_peer);
  std::array<unsigned char, 8> got{};
  ASSERT_EQ(::recv(sockets.peers.get(), got.data(), got.size(), MSG_DONTWAIT), 7);
  EXPECT_EQ(got[0], 21) << "an alert";
  EXPECT_EQ(got[6], 80) << "internal_error";
  EXPECT_EQ(::recv(sockets.peers.get(), got.data(), 1, MSG_DONTWAIT), 0) << "it is shut down";
}

TEST_F(KernelIntakeTest, NamesTheNetworkNamespace) {
  options.network_namespace = "/run/netns/blue";
  waits(handshake(MessageType::ServerHello));

  open();

  EXPECT_EQ(requests.at(0).origin, "kernel server of /run/netns/blue");
}

class FewDescriptors {
public:
  FewDescriptors() {
    (void)::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{64, before_.rlim_max};
    (void)::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { (void)::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

  // All but this many.
  void take(std::size_t but) {
    for (int fd = 0; (fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0;)
      taken_.emplace_back(fd);
    taken_.erase(taken_.begin(), taken_.begin() + static_cast<std::ptrdiff_t>(but));
  }
  void give_back() { taken_.clear(); }

private:
  rlimit before_{};
  std::vector<Fd> taken_;
};

TEST_F(KernelIntakeTest, TurnsOneRequestAwayWhenNoDescriptorIsFree) {
  FewDescriptors descriptors;
  open();
  // a sanitizer looks at a type that it has not seen yet through a pipe, which then cannot be made
  log::notice("{}: {}, {}", std::string("no descriptor is free"), "from here on", 1);
  descriptors.take(0);
  waits(handshake(MessageType::ClientHello));
  waits(handshake(MessageType::ClientHello));
  kernel.notify();
  pump.once();

  EXPECT_TRUE(requests.empty());
  ASSERT_EQ(kernel.done.size(), 1U);
  EXPECT_EQ(kernel.done[0].status, ETIMEDOUT) << "what the NFS client tries again after";

  descriptors.give_back();
  pump.until([&] { return requests.size() == 1; });
  EXPECT_EQ(kernel.done.size(), 1U);
}

TEST_F(KernelIntakeTest, UsesALowDescriptorWhenOnlyThatIsFree) {
  FewDescriptors descriptors;
  open();
  descriptors.take(1);
  waits(handshake(MessageType::ClientHello));

  kernel.notify();
  pump.once();

  EXPECT_EQ(requests.size(), 1U);
}

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
  auto certificate = handshake(MessageType::ClientHello).parameters;
  certificate.certificates = {{1, 2}};
  auto server = handshake(MessageType::ServerHello, AuthMode::Psk).parameters;
  const auto client = handshake(MessageType::ClientHello, AuthMode::Psk).parameters;

  EXPECT_TRUE(is_supported(handshake(MessageType::ClientHello).parameters));
  EXPECT_TRUE(
      is_supported(handshake(MessageType::ClientHello, AuthMode::Unauthenticated).parameters));
  EXPECT_FALSE(is_supported(certificate));
  EXPECT_TRUE(is_supported(client));
  EXPECT_FALSE(is_supported(server));
  server.keyring = 5;
  EXPECT_TRUE(is_supported(server));
}

} // namespace
} // namespace ktls
