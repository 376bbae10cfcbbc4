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

Secret secret() {
  auto bytes = Secret::create(tls::permit_secret_size).value();
  std::fill(bytes.bytes().begin(), bytes.bytes().end(), std::byte{9});
  return bytes;
}

// For the next handshake of that worker.
ipc::SignPermit permit(std::uint64_t worker) {
  static std::uint64_t last_handshake = 0;
  ipc::SignPermit out{};
  out.worker = worker;
  out.handshake = ++last_handshake;
  out.keys = {1, 2};
  out.expires_ns = UINT64_MAX;
  EXPECT_TRUE(tls::seal(out, secret()));
  return out;
}

ipc::SignRequest good_request(std::uint64_t worker = 1) {
  auto request = wire::make<ipc::SignRequest>();
  request.number = 77;
  request.key_id = 1;
  request.scheme = ecdsa_secp256r1_sha256;
  request.size = 32;
  request.permit = permit(worker);
  return request;
}

ipc::SignerConfigure configuration() {
  auto message = wire::make<ipc::SignerConfigure>();
  message.permit_secret.fill(9);
  return message;
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
    signer = Signer::create(loop, std::move(signers), [this](Signer::Place place) {
               locked_down_for.push_back(place);
               return lock_down_result;
             }).value();
  }
  void configure() {
    send(broker, configuration());
    pump.until_idle();
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
    EXPECT_TRUE(message.source.assign(path));
    send(broker, message);
    pump.until_idle();
  }
  Channel attach() {
    auto [ours, signers] = Channel::pair().value();
    auto message = wire::make<ipc::AttachWorker>();
    message.serial = ++last_serial;
    send(broker, message, signers.fd());
    pump.until_idle();
    return std::move(ours);
  }
  ipc::SignReply reply_to(Channel& worker, const ipc::SignRequest& request) {
    send(worker, request);
    pump.until_idle();
    return receive<ipc::SignReply>(worker);
  }
  Channel attach_with_key() {
    configure();
    ask_to_load(1, key_file("leaf.key"));
    (void)receive<ipc::KeyLoaded>(broker);
    return attach();
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  test::TemporaryDirectory directory;
  Channel broker{Fd()};
  std::vector<Signer::Place> locked_down_for;
  Result<> lock_down_result;
  std::uint64_t last_serial = 0;
  std::unique_ptr<Signer> signer;
};

TEST_F(SignerTest, AnswersThatItRuns) {
  configure();

  send(broker, wire::make<ipc::SignerPing>());
  pump.until_idle();

  (void)receive<ipc::SignerPing>(broker);
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(SignerTest, LocksDownBeforeItLoadsAKey) {
  EXPECT_TRUE(locked_down_for.empty());

  configure();

  EXPECT_EQ(locked_down_for, std::vector{Signer::Place::Files});
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(SignerTest, LocksDownForAToken) {
  auto message = configuration();
  message.token = 1;

  send(broker, message);
  pump.until_idle();

  EXPECT_EQ(locked_down_for, std::vector{Signer::Place::Token});
}

TEST_F(SignerTest, EndsWithoutItsLockDown) {
  lock_down_result = errno_error("the filter", EPERM);

  configure();

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(SignerTest, WantsItsConfigurationFirst) {
  ask_to_load(1, key_file("leaf.key"));

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(SignerTest, WantsItsConfigurationOnce) {
  configure();

  configure();

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(SignerTest, SaysWhyItDoesNotLoadAKeyOfAToken) {
  auto message = configuration();
  message.token = 1;
  send(broker, message);

  ask_to_load(1, "pkcs11:token=none;object=none?pin-value=geheim");
  ask_to_load(2, "pkcs11:token=none?pin-source=/no/such/geheim");
  ask_to_load(3, "tpmkey:uuid=7f468c16-cb7f-11e1-824d-b3a4f4b20343;storage=user");

  for (const std::uint32_t id : {1U, 2U, 3U}) {
    const auto refused = receive<ipc::KeyRefused>(broker);
    EXPECT_EQ(refused.key_id, id);
    EXPECT_EQ(refused.detail.view().find("geheim"), std::string_view::npos);
    EXPECT_EQ(refused.detail.view().find("tpm2-pkcs11") != std::string_view::npos, id == 3);
  }
}

TEST_F(SignerTest, LoadsAKey) {
  configure();
  ask_to_load(3, key_file("leaf.key"));

  const auto reply = receive<ipc::KeyLoaded>(broker);
  const auto certificate = tls::certificates_from_pem(test::data("server.pem")).value().front();
  EXPECT_EQ(reply.key_id, 3U);
  EXPECT_EQ(reply.spki_sha256, tls::spki_sha256(certificate).value());
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(SignerTest, SaysWhyItDoesNotLoadAKey) {
  configure();
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
  EXPECT_GT(reply_to(other, good_request(2)).size, 0U);
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
  unknown_scheme.scheme = 0x0201;
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
  EXPECT_GT(reply_to(other, good_request(2)).size, 0U);
  EXPECT_EQ(receive<ipc::WorkerCutOff>(broker).serial, 1U);
}

TEST_F(SignerTest, CutsOffAWorkerThatAsksForASecondSignature) {
  auto worker = attach_with_key();
  auto other = attach();
  const auto request = good_request();
  EXPECT_GT(reply_to(worker, request).size, 0U);

  send(worker, request);
  pump.until_idle();

  EXPECT_TRUE(is_closed(worker));
  const auto told = receive<ipc::WorkerCutOff>(broker);
  EXPECT_EQ(told.serial, 1U);
  EXPECT_EQ(told.detail.view(), "a second signature for one handshake");
  EXPECT_GT(reply_to(other, good_request(2)).size, 0U);
}

TEST_F(SignerTest, CutsOffAWorkerWithThePermitOfAnother) {
  auto worker = attach_with_key();

  send(worker, good_request(2));
  pump.until_idle();

  EXPECT_TRUE(is_closed(worker));
  EXPECT_EQ(receive<ipc::WorkerCutOff>(broker).detail.view(), "the permit of another worker");
}

TEST_F(SignerTest, OnlyRefusesWhatComesTooLate) {
  auto worker = attach_with_key();
  auto request = good_request();
  request.permit.expires_ns = 1;
  ASSERT_TRUE(tls::seal(request.permit, secret()));

  EXPECT_EQ(reply_to(worker, request).size, 0U);

  EXPECT_GT(reply_to(worker, good_request()).size, 0U) << "it may go on";
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
  configure();
  send(broker, good_request());

  pump.until_idle();

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(SignerTest, WantsAChannelWithEachWorker) {
  configure();
  auto attach_worker = wire::make<ipc::AttachWorker>();
  attach_worker.serial = 1;
  send(broker, attach_worker);

  pump.until_idle();

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(SignerTest, WantsNoDescriptorWithAKey) {
  configure();
  auto message = wire::make<ipc::LoadKey>();
  message.key_id = 1;
  EXPECT_TRUE(message.source.assign(key_file("leaf.key")));
  send(broker, message, broker.fd());

  pump.until_idle();

  EXPECT_EQ(pump.exit_status(), 1);
}

} // namespace
} // namespace ktls
