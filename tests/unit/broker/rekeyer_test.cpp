// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/rekeyer.hpp"

#include <gtest/gtest.h>
#include <linux/tls.h>

#include <algorithm>
#include <array>
#include <map>

#include "ktls/crypto_info.hpp"
#include "support/pump.hpp"
#include "tls/key_schedule.hpp"

namespace ktls {
namespace {

using wire::RekeyStep;
using Bytes = std::vector<std::byte>;

// A kernel that keeps what it is given.
class KernelSocket final : public KtlsSocket {
public:
  int set_option(int, int name, std::span<const std::byte> value) override {
    if (error == 0)
      keys[name] = {value.begin(), value.end()};
    return error;
  }
  int get_option(int, int name, std::span<std::byte> value) override {
    const auto found = keys.find(name);
    if (found == keys.end())
      return EBUSY;
    if (value.size() != found->second.size() && value.size() != sizeof(tls_crypto_info))
      return EINVAL;
    std::copy_n(found->second.begin(), value.size(), value.begin());
    return 0;
  }
  void shut_down() override {}

  std::map<int, Bytes> keys; // as they were given, by TLS_TX and TLS_RX
  int error = 0;
};

constexpr Suite suite{Protocol::Tls13, Cipher::Aes128Gcm};

// What the kernel is given for the n-th secret behind this one.
Bytes info_of(Bytes secret, int updates, Suite which = suite) {
  for (int i = 0; i < updates; ++i) {
    const auto next = tls::next_traffic_secret(secret).value();
    secret.assign(next.bytes().begin(), next.bytes().end());
  }
  const std::array<std::byte, 8> zero{};
  const auto write =
      tls::write_key_of(secret, facts(which.cipher).key_size, iv_size(which)).value();
  const auto keys = TransmitKeys::create(which, write.key.bytes(), write.iv.bytes(), zero).value();
  const auto info = CryptoInfo::of(keys).value();
  return {info.bytes().begin(), info.bytes().end()};
}

class RekeyerTest : public testing::Test {
protected:
  RekeyerTest() {
    secrets.add(7, {send, receive});
    socket.keys = {{TLS_TX, info_of(send, 0)}, {TLS_RX, info_of(receive, 0)}};
    rekeyer.on_change([this](std::uint64_t, Direction direction) { changes.push_back(direction); });
  }
  Reason run(RekeyStep step, std::uint64_t cookie = 7) {
    return rekeyer.run(step, cookie, socket).reason;
  }

  const Bytes send = Bytes(32, std::byte{1});
  const Bytes receive = Bytes(32, std::byte{2});
  EventLoop loop = EventLoop::create().value();
  SecretStore secrets{[](const std::string&, int) { return false; }};
  Rekeyer rekeyer{loop, secrets, true};
  KernelSocket socket;
  std::vector<Direction> changes;
};

TEST_F(RekeyerTest, ChangesWhatIsSent) {
  EXPECT_EQ(run(RekeyStep::Prepare), Reason::Success);
  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 0));
  EXPECT_EQ(run(RekeyStep::Send), Reason::Success);
  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 1));
  EXPECT_EQ(run(RekeyStep::Send), Reason::Success);

  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 2));
  EXPECT_EQ(socket.keys[TLS_RX], info_of(receive, 0));
  EXPECT_EQ(changes, (std::vector{Direction::Transmit, Direction::Transmit}));
}

TEST_F(RekeyerTest, ChangesWhatIsReceived) {
  EXPECT_EQ(run(RekeyStep::Receive), Reason::Success);

  EXPECT_EQ(socket.keys[TLS_RX], info_of(receive, 1));
  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 0));
  EXPECT_EQ(changes, std::vector{Direction::Receive});
}

TEST_F(RekeyerTest, TakesTheKeySizeOfTheSocket) {
  const Suite chacha{Protocol::Tls13, Cipher::Chacha20Poly1305};
  socket.keys[TLS_TX] = info_of(send, 0, chacha);

  EXPECT_EQ(run(RekeyStep::Send), Reason::Success);
  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 1, chacha));
}

// The agent before this one gave the keys, and ended before it wrote that down.
TEST_F(RekeyerTest, FindsThatItIsDoneAlready) {
  socket.keys[TLS_TX] = info_of(send, 1);

  EXPECT_EQ(run(RekeyStep::Send), Reason::Success);
  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 1));
  EXPECT_EQ(run(RekeyStep::Send), Reason::Success);
  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 2));
}

TEST_F(RekeyerTest, FindsBeforehandThatTheLastOneIsDone) {
  socket.keys[TLS_TX] = info_of(send, 1);

  EXPECT_EQ(run(RekeyStep::Prepare), Reason::Success);
  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 1));
  EXPECT_EQ(run(RekeyStep::Send), Reason::Success);
  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 2));
}

TEST_F(RekeyerTest, RefusesOtherKeysThanItKnows) {
  socket.keys[TLS_TX] = info_of(receive, 0);
  const auto before = socket.keys;

  EXPECT_EQ(run(RekeyStep::Prepare), Reason::KeyInstallFailed);
  EXPECT_EQ(run(RekeyStep::Send), Reason::KeyInstallFailed);
  EXPECT_EQ(socket.keys, before);
}

TEST_F(RekeyerTest, RefusesTls12) {
  socket.keys[TLS_TX][0] = std::byte{3}; // TLS_1_2_VERSION, low byte first
  socket.keys[TLS_TX][1] = std::byte{3};

  EXPECT_EQ(run(RekeyStep::Prepare), Reason::KeyInstallFailed);
}

TEST_F(RekeyerTest, KeepsTheSecretWhereTheKernelRefuses) {
  socket.error = EBUSY;
  EXPECT_EQ(run(RekeyStep::Receive), Reason::KeyInstallFailed);
  socket.error = 0;

  EXPECT_EQ(run(RekeyStep::Receive), Reason::Success);
  EXPECT_EQ(socket.keys[TLS_RX], info_of(receive, 1));
  EXPECT_EQ(secrets.replaced(7), 1U);
}

TEST_F(RekeyerTest, DoesNotKnowOthers) {
  EXPECT_EQ(run(RekeyStep::Prepare, 8), Reason::KeyUpdateUnsupported);
}

TEST_F(RekeyerTest, NeedsAKernelThatCan) {
  Rekeyer unable{loop, secrets, false};

  EXPECT_EQ(unable.run(RekeyStep::Send, 7, socket).reason, Reason::KeyUpdateUnsupported);
  EXPECT_EQ(socket.keys[TLS_TX], info_of(send, 0));
}

TEST_F(RekeyerTest, LimitsHowOften) {
  for (std::uint32_t i = 0; i < Rekeyer::max_changes; ++i)
    EXPECT_EQ(run(i % 2 == 0 ? RekeyStep::Receive : RekeyStep::Prepare), Reason::Success);
  EXPECT_EQ(run(RekeyStep::Receive), Reason::KeyUpdateLimit);
  EXPECT_EQ(run(RekeyStep::Prepare), Reason::KeyUpdateLimit);
  EXPECT_EQ(run(RekeyStep::Send), Reason::Success) << "the peer has been told";

  loop.set_now(loop.now() + Rekeyer::period);
  EXPECT_EQ(run(RekeyStep::Receive), Reason::Success);
}

TEST_F(RekeyerTest, LimitsEachSessionByItself) {
  secrets.add(8, {send, receive});
  for (std::uint32_t i = 0; i <= Rekeyer::max_changes; ++i)
    (void)run(RekeyStep::Prepare);

  EXPECT_EQ(run(RekeyStep::Prepare, 8), Reason::Success);
}

} // namespace
} // namespace ktls
