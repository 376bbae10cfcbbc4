// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's requests for pre-shared keys of its keyrings.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "broker/kernel_intake_case.hpp"
#include "broker/test_keys.hpp"
#include "netlink/fake_port.hpp"
#include "netlink/handshake_socket.hpp"

namespace ktls {
namespace {

using test::handshake;
using test::KernelIntakeTest;
using test::success;
using namespace std::chrono_literals;

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

} // namespace
} // namespace ktls
