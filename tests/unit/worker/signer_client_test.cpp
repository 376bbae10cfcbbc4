// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/signer_client.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>

#include "ipc/signer_protocol.hpp"

namespace ktls {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint32_t key = 5;
constexpr std::uint16_t scheme = 0x0403;
const Bytes digest(32, std::byte{7});

// The signer answers before it is asked: the numbers of requests are 1, 2, ...
class SignerClientTest : public testing::Test {
protected:
  SignerClientTest() : SignerClientTest(ipc::Channel::pair().value()) {}
  explicit SignerClientTest(std::pair<ipc::Channel, ipc::Channel> ends)
      : signer(std::move(ends.first)), client(std::move(ends.second)) {}

  void answer(std::uint64_t number, std::string_view signature) {
    auto reply = wire::make<ipc::SignReply>();
    reply.number = number;
    reply.size = static_cast<std::uint32_t>(signature.size());
    std::memcpy(reply.signature.data(), signature.data(), signature.size());
    answer_raw(std::as_bytes(std::span(&reply, 1)));
  }
  void answer_raw(std::span<const std::byte> bytes) { EXPECT_EQ(signer.send(bytes), true); }
  static Bytes bytes(std::string_view text) {
    const auto view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
  }
  ipc::SignRequest asked() {
    ipc::SignRequest request{};
    const auto received = signer.receive().value();
    const auto* packet = std::get_if<ipc::Packet>(&received);
    EXPECT_TRUE(packet != nullptr &&
                wire::decode(packet->data.data(), packet->data.size(), request));
    return request;
  }
  bool was_not_asked() { return std::holds_alternative<ipc::Nothing>(signer.receive().value()); }

  ipc::Channel signer;
  SignerClient client;
};

TEST_F(SignerClientTest, GivesTheSignature) {
  answer(1, "signed");

  EXPECT_EQ(client.sign(key, scheme, digest), bytes("signed"));
}

TEST_F(SignerClientTest, AsksForWhatItWasAskedFor) {
  answer(1, "signed");

  (void)client.sign(key, scheme, digest);

  const auto request = asked();
  EXPECT_EQ(request.number, 1U);
  EXPECT_EQ(request.key_id, key);
  EXPECT_EQ(request.scheme, scheme);
  ASSERT_EQ(request.size, digest.size());
  EXPECT_EQ(std::memcmp(request.data.data(), digest.data(), digest.size()), 0);
}

TEST_F(SignerClientTest, NumbersItsRequests) {
  answer(1, "one");
  answer(2, "two");

  EXPECT_EQ(client.sign(key, scheme, digest), bytes("one"));
  EXPECT_EQ(client.sign(key, scheme, digest), bytes("two"));

  EXPECT_EQ(asked().number, 1U);
  EXPECT_EQ(asked().number, 2U);
}

TEST_F(SignerClientTest, SkipsLateAnswers) {
  answer(1, "one");
  (void)client.sign(key, scheme, digest);

  answer(1, "late");
  answer(0, "later");
  answer(2, "two");

  EXPECT_EQ(client.sign(key, scheme, digest), bytes("two"));
}

TEST_F(SignerClientTest, TakesTheLongestSignature) {
  const std::string longest(ipc::SignReply::max_signature, 's');
  answer(1, longest);

  EXPECT_EQ(client.sign(key, scheme, digest), bytes(longest));
}

TEST_F(SignerClientTest, ReportsARefusal) {
  answer(1, "");

  const auto refused = client.sign(key, scheme, digest);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::permission_denied);
}

TEST_F(SignerClientTest, ReportsAMalformedAnswer) {
  answer_raw(bytes("what?"));

  const auto failed = client.sign(key, scheme, digest);

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "the signer sent a malformed reply");
}

TEST_F(SignerClientTest, ReportsThatTheSignerHasEnded) {
  (void)Fd(signer.release());

  const auto failed = client.sign(key, scheme, digest);

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, std::errc::broken_pipe);
}

TEST_F(SignerClientTest, ReportsThatTheSignerEndsInsteadOfAnswering) {
  answer(0, "late");
  ASSERT_EQ(::shutdown(signer.fd(), SHUT_WR), 0);

  const auto failed = client.sign(key, scheme, digest);

  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "the signer has ended: Broken pipe");
}

TEST_F(SignerClientTest, AsksForNothingThatDoesNotFit) {
  EXPECT_FALSE(client.sign(key, scheme, {}));
  EXPECT_FALSE(client.sign(key, scheme, Bytes(ipc::SignRequest::max_data + 1)));
  EXPECT_TRUE(was_not_asked());

  answer(1, "signed");
  EXPECT_TRUE(client.sign(key, scheme, Bytes(ipc::SignRequest::max_data)));
}

} // namespace
} // namespace ktls
