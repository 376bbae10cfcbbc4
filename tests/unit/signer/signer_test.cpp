// SPDX-License-Identifier: GPL-2.0-or-later
#include "signer/signer.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "support/pump.hpp"
#include "support/sockets.hpp"
#include "support/test_data.hpp"
#include "tls/certificate.hpp"

namespace ktls {
namespace {

using ipc::Channel;

constexpr std::uint16_t ecdsa_secp256r1_sha256 = 0x0403;

ipc::SignRequest good_request() {
  auto request = wire::make<ipc::SignRequest>();
  request.number = 77;
  request.key_id = 1;
  request.scheme = ecdsa_secp256r1_sha256;
  request.size = 32;
  return request;
}

template<class Message>
void send(Channel& channel, const Message& message, int descriptor = -1) {
  EXPECT_EQ(channel.send(std::as_bytes(std::span(&message, 1)), descriptor), true);
}

template<class Message>
Message receive(Channel& channel) {
  Message message{};
  const auto received = channel.receive().value();
  const auto* packet = std::get_if<ipc::Packet>(&received);
  EXPECT_TRUE(packet != nullptr && wire::decode(packet->data.data(), packet->data.size(), message));
  return message;
}

bool is_closed(Channel& channel) {
  return std::holds_alternative<ipc::Closed>(channel.receive().value());
}

class SignerTest : public testing::Test {
protected:
  SignerTest() {
    auto [ours, signers] = Channel::pair().value();
    broker = std::move(ours);
    signer = Signer::create(loop, std::move(signers)).value();
  }
  // A copy that others cannot read.
  std::string key_file(const std::string& name, mode_t mode = 0600) {
    auto path = directory.file(name.c_str());
    std::ofstream(path) << test::data(name);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  void ask_to_load(std::uint32_t id, const std::string& path) {
    auto message = wire::make<ipc::LoadKey>();
    message.key_id = id;
    EXPECT_TRUE(message.path.assign(path));
    send(broker, message);
    pump.until_idle();
  }
  Channel attach() {
    auto [ours, signers] = Channel::pair().value();
    send(broker, wire::make<ipc::AttachWorker>(), signers.fd());
    pump.until_idle();
    return std::move(ours);
  }
  ipc::SignReply reply_to(Channel& worker, const ipc::SignRequest& request) {
    send(worker, request);
    pump.until_idle();
    return receive<ipc::SignReply>(worker);
  }
  Channel attach_with_key() {
    ask_to_load(1, key_file("leaf.key"));
    (void)receive<ipc::KeyLoaded>(broker);
    return attach();
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  test::TemporaryDirectory directory;
  Channel broker{Fd()};
  std::unique_ptr<Signer> signer;
};

TEST_F(SignerTest, LoadsAKey) {
  ask_to_load(3, key_file("leaf.key"));

  const auto reply = receive<ipc::KeyLoaded>(broker);
  const auto certificate = tls::certificates_from_pem(test::data("server.pem")).value().front();
  EXPECT_EQ(reply.key_id, 3U);
  EXPECT_EQ(reply.spki_sha256, tls::spki_sha256(certificate).value());
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(SignerTest, SaysWhyItDoesNotLoadAKey) {
  ask_to_load(3, key_file("encrypted.key"));
  ask_to_load(4, key_file("leaf.key", 0644));
  ask_to_load(5, "/no/such/file");

  const auto encrypted = receive<ipc::KeyRefused>(broker);
  EXPECT_EQ(encrypted.key_id, 3U);
  EXPECT_NE(encrypted.detail.view().find("encrypted"), std::string_view::npos);
  const auto open_to_all = receive<ipc::KeyRefused>(broker);
  EXPECT_EQ(open_to_all.key_id, 4U);
  EXPECT_NE(open_to_all.detail.view().find("chmod"), std::string_view::npos);
  EXPECT_EQ(receive<ipc::KeyRefused>(broker).key_id, 5U);
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(SignerTest, SignsForAWorker) {
  auto worker = attach_with_key();

  const auto reply = reply_to(worker, good_request());

  EXPECT_EQ(reply.number, 77U);
  EXPECT_GT(reply.size, 60U); // an ECDSA signature of 256 bits, in DER
  EXPECT_LE(reply.size, 72U);
  EXPECT_EQ(reply.signature[0], 0x30);
  EXPECT_TRUE(std::all_of(reply.signature.begin() + reply.size, reply.signature.end(),
                          [](auto byte) { return byte == 0; }));
}

TEST_F(SignerTest, SignsForEachWorker) {
  auto one = attach_with_key();
  auto other = attach();

  EXPECT_GT(reply_to(one, good_request()).size, 0U);
  EXPECT_GT(reply_to(other, good_request()).size, 0U);
}

TEST_F(SignerTest, AnswersInOrder) {
  auto worker = attach_with_key();
  auto second = good_request();
  second.number = 78;
  send(worker, good_request());
  send(worker, second);

  pump.until_idle();

  EXPECT_EQ(receive<ipc::SignReply>(worker).number, 77U);
  EXPECT_EQ(receive<ipc::SignReply>(worker).number, 78U);
}

TEST_F(SignerTest, SignsNothingWithAKeyThatDoesNotExist) {
  auto worker = attach_with_key();
  auto request = good_request();
  request.key_id = 2;

  const auto reply = reply_to(worker, request);

  EXPECT_EQ(reply.number, 77U);
  EXPECT_EQ(reply.size, 0U);
  EXPECT_GT(reply_to(worker, good_request()).size, 0U) << "it may go on";
}

TEST_F(SignerTest, SignsNothingButACertificateVerify) {
  auto worker = attach_with_key();
  auto unknown_scheme = good_request();
  unknown_scheme.scheme = 0x0401;
  auto wrong_size = good_request();
  wrong_size.size = 31;

  EXPECT_EQ(reply_to(worker, unknown_scheme).size, 0U);
  EXPECT_EQ(reply_to(worker, wrong_size).size, 0U);
}

TEST_F(SignerTest, CutsOffAWorkerThatBreaksTheProtocol) {
  auto bad = good_request();
  bad.size = 0;
  auto worker = attach_with_key();
  auto other = attach();

  send(worker, bad);
  send(worker, good_request());
  pump.until_idle();

  EXPECT_TRUE(is_closed(worker));
  EXPECT_FALSE(pump.exit_status());
  EXPECT_GT(reply_to(other, good_request()).size, 0U);
}

TEST_F(SignerTest, CutsOffAWorkerThatSendsADescriptor) {
  auto worker = attach_with_key();
  const auto before = test::count_descriptors();

  send(worker, good_request(), worker.fd());
  pump.until_idle();

  EXPECT_TRUE(is_closed(worker));
  EXPECT_EQ(test::count_descriptors(), before - 1);
}

TEST_F(SignerTest, CutsOffAWorkerThatTriesToBeTheBroker) {
  auto worker = attach_with_key();

  send(worker, wire::make<ipc::AttachWorker>());
  pump.until_idle();

  EXPECT_TRUE(is_closed(worker));
}

TEST_F(SignerTest, ForgetsAWorkerThatEnds) {
  auto worker = attach_with_key();
  const auto before = test::count_descriptors();

  (void)Fd(worker.release());
  pump.until_idle();

  EXPECT_EQ(test::count_descriptors(), before - 2) << "both ends";
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(SignerTest, EndsWithTheBroker) {
  (void)Fd(broker.release());

  pump.until_idle();

  EXPECT_EQ(pump.exit_status(), 0);
}

TEST_F(SignerTest, EndsWhenTheBrokerBreaksTheProtocol) {
  send(broker, good_request());

  pump.until_idle();

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(SignerTest, WantsAChannelWithEachWorker) {
  send(broker, wire::make<ipc::AttachWorker>());

  pump.until_idle();

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(SignerTest, WantsNoDescriptorWithAKey) {
  auto message = wire::make<ipc::LoadKey>();
  message.key_id = 1;
  EXPECT_TRUE(message.path.assign(key_file("leaf.key")));
  send(broker, message, broker.fd());

  pump.until_idle();

  EXPECT_EQ(pump.exit_status(), 1);
}

} // namespace
} // namespace ktls
