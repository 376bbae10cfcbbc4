// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/signer_client.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <optional>

#include "support/pump.hpp"

namespace ktls {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint32_t key = 5;
constexpr std::uint16_t scheme = 0x0403;
const Bytes digest(32, std::byte{7});

Bytes bytes(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

// A handshake, as far as the client is concerned.
class Asker {
public:
  Asker(Fibers& fibers, SignerClient& client, std::uint64_t handshake)
      : client_(client), handshake_(handshake), fiber(fibers) {}
  void ask(const Bytes& data = digest, std::uint32_t its_key = key) {
    ipc::SignPermit permit{};
    permit.handshake = handshake_;
    client_.permit(fiber, permit);
    ask_again(data, its_key);
  }
  // Without another permit.
  void ask_again(const Bytes& data = digest, std::uint32_t its_key = key) {
    result.reset();
    const auto body = [this, data, its_key] { result = client_.sign(its_key, scheme, data); };
    EXPECT_TRUE(fiber.start(body, [] {}));
  }
  [[nodiscard]] std::error_code failure() const {
    return result && !*result ? result->error().code : std::error_code();
  }
  [[nodiscard]] bool has(std::string_view signature) const {
    return result && *result && **result == bytes(signature);
  }

private:
  SignerClient& client_;
  std::uint64_t handshake_;

public:
  std::optional<Result<Bytes>> result;
  Fiber fiber;
};

class SignerClientTest : public testing::Test {
protected:
  SignerClientTest() { attach(); }
  void attach(std::uint32_t its_key = 0) {
    auto [ours, theirs] = ipc::Channel::pair().value();
    signer = std::move(ours);
    EXPECT_EQ(client.attach(its_key, std::move(theirs)), true);
  }
  void answer(std::uint64_t number, std::string_view signature) {
    auto reply = wire::make<ipc::SignReply>();
    reply.number = number;
    reply.size = static_cast<std::uint32_t>(signature.size());
    std::memcpy(reply.signature.data(), signature.data(), signature.size());
    answer_raw(std::as_bytes(std::span(&reply, 1)));
  }
  void answer_raw(std::span<const std::byte> message, int descriptor = -1) {
    EXPECT_EQ(signer.send(message, descriptor), true);
    pump.until_idle();
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
  bool was_left() { return std::holds_alternative<ipc::Closed>(signer.receive().value()); }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  Fibers fibers;
  ipc::Channel signer{Fd()};
  SignerClient client{loop, fibers};
  Asker one{fibers, client, 1};
  Asker other{fibers, client, 2};
};

TEST_F(SignerClientTest, GivesTheSignature) {
  one.ask();
  EXPECT_TRUE(one.fiber.suspended());

  answer(asked().number, "signed");

  EXPECT_TRUE(one.has("signed"));
}

TEST_F(SignerClientTest, AsksForWhatItWasAskedFor) {
  one.ask();

  const auto request = asked();
  EXPECT_EQ(request.key_id, key);
  EXPECT_EQ(request.scheme, scheme);
  ASSERT_EQ(request.size, digest.size());
  EXPECT_EQ(std::memcmp(request.data.data(), digest.data(), digest.size()), 0);
}

TEST_F(SignerClientTest, PassesTheHandshakesPermitOn) {
  one.ask();
  other.ask();

  EXPECT_EQ(asked().permit.handshake, 1U);
  EXPECT_EQ(asked().permit.handshake, 2U);
}

TEST_F(SignerClientTest, AsksForNothingWithoutAPermit) {
  client.forget(one.fiber);

  one.ask_again();

  EXPECT_EQ(one.failure(), std::errc::invalid_argument);
  EXPECT_TRUE(was_not_asked());
}

TEST_F(SignerClientTest, AsksTheKeysOwnSigner) {
  auto [of_token, theirs] = ipc::Channel::pair().value();
  ASSERT_EQ(client.attach(key, std::move(theirs)), true);

  one.ask();
  EXPECT_TRUE(was_not_asked());
  std::swap(signer, of_token);
  EXPECT_EQ(asked().key_id, key);

  other.ask(digest, key + 1);
  EXPECT_TRUE(was_not_asked());
  std::swap(signer, of_token);
  EXPECT_EQ(asked().key_id, key + 1);
}

TEST_F(SignerClientTest, LosesOnlyTheSignerThatEnds) {
  auto [of_token, theirs] = ipc::Channel::pair().value();
  ASSERT_EQ(client.attach(key, std::move(theirs)), true);
  one.ask();
  other.ask(digest, key + 1);

  (void)Fd(of_token.release());
  pump.until_idle();

  EXPECT_EQ(one.failure(), std::errc::broken_pipe);
  answer(asked().number, "signed");
  EXPECT_TRUE(other.has("signed"));
}

TEST_F(SignerClientTest, WaitsForASignerThatIsStartedAgain) {
  (void)Fd(signer.release());
  pump.until_idle();
  one.ask();
  EXPECT_TRUE(one.fiber.suspended());

  attach();
  answer(asked().number, "signed");

  EXPECT_TRUE(one.has("signed"));
}

TEST_F(SignerClientTest, WaitsOnlySoLongForASignerThatDoesNotRun) {
  ASSERT_EQ(client.attach(key, std::nullopt), true);
  one.ask();

  pump.until([this] { return !one.fiber.suspended(); });

  EXPECT_EQ(one.failure(), std::errc::timed_out);
}

TEST_F(SignerClientTest, StopsWaitingForASignerWhenItIsCancelled) {
  ASSERT_EQ(client.attach(0, std::nullopt), true);
  one.ask();

  one.fiber.cancel();

  EXPECT_EQ(one.failure(), std::errc::operation_canceled);
}

TEST_F(SignerClientTest, HasALimitForSigners) {
  for (std::uint32_t i = 1; i < ipc::max_signers; ++i)
    EXPECT_EQ(client.attach(i, std::nullopt), true);

  EXPECT_EQ(client.attach(ipc::max_signers, std::nullopt), false);
  EXPECT_EQ(client.attach(1, std::nullopt), true) << "known";
}

TEST_F(SignerClientTest, MatchesAnswersByNumber) {
  one.ask();
  other.ask();
  const auto first = asked().number;
  const auto second = asked().number;

  answer(second, "for the other");
  EXPECT_TRUE(one.fiber.suspended());
  answer(first, "for one");

  EXPECT_TRUE(one.has("for one"));
  EXPECT_TRUE(other.has("for the other"));
}

TEST_F(SignerClientTest, TakesTheLongestSignature) {
  const std::string longest(ipc::SignReply::max_signature, 's');
  one.ask();

  answer(asked().number, longest);

  EXPECT_TRUE(one.has(longest));
}

TEST_F(SignerClientTest, ReportsARefusal) {
  one.ask();

  answer(asked().number, "");

  EXPECT_EQ(one.failure(), std::errc::permission_denied);
}

TEST_F(SignerClientTest, FailsAtOnceWhenItIsCancelled) {
  one.ask();
  other.ask();

  one.fiber.cancel();

  EXPECT_EQ(one.failure(), std::errc::operation_canceled);
  EXPECT_TRUE(other.fiber.suspended());
}

TEST_F(SignerClientTest, SkipsAnAnswerThatComesLate) {
  one.ask();
  one.fiber.cancel();
  other.ask();

  answer(asked().number, "late");
  answer(asked().number, "signed");

  EXPECT_TRUE(other.has("signed"));
}

TEST_F(SignerClientTest, LeavesASignerThatAnswersWhatItWasNotAsked) {
  one.ask();

  answer(asked().number + 1, "signed");

  EXPECT_EQ(one.failure(), std::errc::broken_pipe);
  EXPECT_TRUE(was_left());
}

TEST_F(SignerClientTest, LeavesASignerThatAnswersTwice) {
  one.ask();
  const auto number = asked().number;
  answer(number, "signed");

  answer(number, "signed");

  EXPECT_TRUE(one.has("signed"));
  EXPECT_TRUE(was_left());
}

TEST_F(SignerClientTest, LeavesASignerThatMakesNoSense) {
  one.ask();
  (void)asked();

  answer_raw(bytes("what?"));

  EXPECT_EQ(one.failure(), std::errc::broken_pipe);
  EXPECT_TRUE(was_left());
}

TEST_F(SignerClientTest, LeavesASignerThatSendsADescriptor) {
  one.ask();
  auto reply = wire::make<ipc::SignReply>();
  reply.number = asked().number;

  answer_raw(std::as_bytes(std::span(&reply, 1)), signer.fd());

  EXPECT_EQ(one.failure(), std::errc::broken_pipe);
  EXPECT_TRUE(was_left());
}

TEST_F(SignerClientTest, TellsAllWhoWaitThatTheSignerHasEnded) {
  one.ask();
  other.ask();

  (void)Fd(signer.release());
  pump.until_idle();

  EXPECT_EQ(one.failure(), std::errc::broken_pipe);
  EXPECT_EQ(other.failure(), std::errc::broken_pipe);
}

TEST_F(SignerClientTest, AsksTheNextSigner) {
  one.ask();

  attach();
  other.ask();
  answer(asked().number, "signed");

  EXPECT_EQ(one.failure(), std::errc::broken_pipe) << "the one before had it";
  EXPECT_TRUE(other.has("signed"));
}

TEST_F(SignerClientTest, AsksForNothingThatDoesNotFit) {
  one.ask({});
  other.ask(Bytes(ipc::SignRequest::max_data + 1));

  EXPECT_EQ(one.failure(), std::errc::invalid_argument);
  EXPECT_EQ(other.failure(), std::errc::invalid_argument);
  EXPECT_TRUE(was_not_asked());
}

TEST_F(SignerClientTest, AsksOnceForEachPermit) {
  EXPECT_FALSE(client.permitted(one.fiber));
  one.ask();
  EXPECT_FALSE(client.permitted(one.fiber)) << "it is used up";
  one.fiber.cancel();

  one.ask_again();

  EXPECT_EQ(one.failure(), std::errc::invalid_argument);
}

TEST_F(SignerClientTest, HasALimitForWhatIsNotAnswered) {
  for (std::size_t i = 0; i < SignerClient::max_unanswered / 2; ++i) {
    one.ask();
    one.fiber.cancel();
    other.ask();
    other.fiber.cancel();
  }

  one.ask();

  EXPECT_TRUE(one.failure());
}

} // namespace
} // namespace ktls
