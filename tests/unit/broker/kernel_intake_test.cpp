// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/kernel_intake.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/log.hpp"
#include "broker/fake_family.hpp"
#include "broker/test_keys.hpp"
#include "netlink/fake_port.hpp"
#include "netlink/handshake_socket.hpp"
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
    intake = KernelIntake::create(
                 loop, std::make_unique<test::FakeFamily>(kernel),
                 [this](HandshakeRequest r) { requests.push_back(std::move(r)); }, links, options)
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
  KeyringLinks links;
  KernelIntake::Options options;
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

class KernelPskTest : public KernelIntakeTest {
protected:
  void SetUp() override {
    if (!test::keys_work())
      GTEST_SKIP() << "this system has no keyrings";
  }
  KernelHandshake psk_request(MessageType type) const {
    auto asked = handshake(type, AuthMode::Psk);
    asked.parameters.keyring = keyring.serial();
    return asked;
  }

  test::Keyring keyring;
};

TEST_F(KernelPskTest, OffersTheFirstUsableKeyAndReportsIt) {
  const auto small = keyring.add("short", "15 bytes of key");
  const auto good = keyring.add("good", std::string(32, 'k'));
  const auto later = keyring.add("later", std::string(32, 'k'));
  auto asked = psk_request(MessageType::ClientHello);
  asked.parameters.peer_identities = {small, good, later};
  waits(std::move(asked));

  open();

  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].psk("")->identity, "good");
  requests[0].complete(success(true), -1);
  EXPECT_EQ(kernel.done.at(0).remote_peer, good);
}

TEST_F(KernelPskTest, EndsAClientWithoutAUsableKey) {
  auto asked = psk_request(MessageType::ClientHello);
  asked.parameters.peer_identities = {keyring.add("short", "key")};
  waits(std::move(asked));

  open();

  EXPECT_TRUE(requests.empty());
  ASSERT_EQ(kernel.done.size(), 1U);
  EXPECT_EQ(kernel.done[0].status, ENOKEY) << "NVMe does not try again after this";
  EXPECT_FALSE(keyring.is_linked());
}

TEST_F(KernelPskTest, ReportsTheKeyThatAClientProved) {
  const auto key = keyring.add("client", std::string(32, 'k'));
  waits(psk_request(MessageType::ServerHello));
  open();

  EXPECT_TRUE(requests.at(0).psk("client"));
  requests[0].complete(success(true), -1);

  EXPECT_EQ(kernel.done.at(0).remote_peer, key);
}

TEST_F(KernelPskTest, ReportsNoKeyOfAFailure) {
  keyring.add("client", std::string(32, 'k'));
  waits(psk_request(MessageType::ServerHello));
  open();

  EXPECT_TRUE(requests.at(0).psk("client"));
  requests[0].complete(failure(Reason::PeerProtocolError), -1);

  EXPECT_EQ(kernel.done.at(0).status, EACCES);
}

TEST_F(KernelPskTest, KeepsTheLinkForAsLongAsARequestNeedsIt) {
  waits(psk_request(MessageType::ServerHello));
  waits(psk_request(MessageType::ServerHello));
  open();
  ASSERT_EQ(requests.size(), 2U);

  requests.erase(requests.begin());
  EXPECT_TRUE(keyring.is_linked());

  requests.clear();
  EXPECT_FALSE(keyring.is_linked());
}

TEST_F(KernelPskTest, TakesTheLinkAwayOfARefusedRequest) {
  auto asked = psk_request(MessageType::ServerHello);
  asked.parameters.auth_mode = AuthMode::X509;
  asked.parameters.certificates = {{1, 2}};
  waits(std::move(asked));

  open();

  EXPECT_EQ(kernel.done.at(0).status, EOPNOTSUPP);
  EXPECT_FALSE(keyring.is_linked());
}

TEST_F(KernelPskTest, RefusesAServerWhoseKeyringIsNotNamed) {
  auto asked = psk_request(MessageType::ServerHello);
  asked.parameters.keyring.reset();
  waits(std::move(asked));

  open();

  EXPECT_EQ(kernel.done.at(0).status, EOPNOTSUPP);
  EXPECT_FALSE(keyring.is_linked()) << "it is linked all the same";
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

// From the bytes that the kernel would send for NVMe/TCP to those that it is answered with.
TEST_F(KernelPskTest, AnswersAnNvmeHostOverNetlink) {
  const std::string identity = "NVMe1R01 nqn.2014-08.org.nvmexpress:uuid:1 nqn.sub digest=";
  const auto sha384 = keyring.add("NVMe1R02 nqn.host nqn.sub digest=", std::string(48, 'k'));
  const auto sha256 = keyring.add(identity, std::string(32, 'k'));
  const int socket = ::open("/", O_PATH | O_CLOEXEC);
  const auto number = [](std::uint16_t type, std::int64_t value) {
    return test::attribute(type, static_cast<std::uint32_t>(value));
  };
  test::Script notifications;
  test::Script commands;
  commands.answers.emplace_back(test::Datagram{test::family_message(
      2, 1,
      test::join({number(1, socket), number(3, 1), number(4, 10'000), number(5, 2),
                  number(6, sha384), number(6, sha256), number(9, keyring.serial())}))});
  commands.answers.emplace_back(test::Datagram{test::status_message(2, -EAGAIN)});
  commands.answers.emplace_back(test::Datagram{test::status_message(3, 0)});
  intake = KernelIntake::create(
               loop,
               std::make_unique<HandshakeSocket>(
                   28, std::make_unique<test::FakePort>(notifications, kernel.event.get()),
                   std::make_unique<test::FakePort>(commands)),
               [this](HandshakeRequest r) { requests.push_back(std::move(r)); }, links, options)
               .value();

  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].timeout, 10s);
  EXPECT_EQ(requests[0].psk("")->identity, identity);
  requests[0].complete(success(true), socket);

  EXPECT_EQ(commands.sent.back(), build_done(28, 3, {socket, 0, sha256, {}}));
  requests.clear();
  EXPECT_FALSE(keyring.is_linked());
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
