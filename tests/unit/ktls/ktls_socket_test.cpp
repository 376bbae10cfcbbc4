// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/ktls_socket.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <type_traits>
#include <vector>

#include "ktls/tls13_vectors.hpp"

namespace ktls {
namespace {

using test::hex;
using test::keys_of;
using test::Tls13Vector;

using Bytes = std::vector<std::byte>;

static_assert(std::is_invocable_v<decltype(install), KtlsSocket&, TransmitKeys, ReceiveKeys>);
static_assert(!std::is_invocable_v<decltype(install), KtlsSocket&, ReceiveKeys, TransmitKeys>);

// The kernel's numbers, spelt out.
constexpr int ipproto_tcp = 6;
constexpr int tcp_ulp = 31;
constexpr int sol_tls = 282;
constexpr int tls_tx = 1;
constexpr int tls_rx = 2;

struct Option {
  int level;
  int name;
  Bytes value;
};

class FakeSocket final : public KtlsSocket {
public:
  int set_option(int level, int name, std::span<const std::byte> value) override {
    if (level == failing_level && name == failing_name)
      return error;
    options.push_back({level, name, {value.begin(), value.end()}});
    return 0;
  }
  void shut_down() override { ++shutdowns; }

  std::vector<Option> options;
  int shutdowns = 0;
  int failing_level = -1;
  int failing_name = -1;
  int error = 0;
};

FakeSocket failing(int level, int name, int error) {
  FakeSocket socket;
  socket.failing_level = level;
  socket.failing_name = name;
  socket.error = error;
  return socket;
}

Bytes body(const Option& option) {
  return {option.value.begin() + 4, option.value.end()};
}

std::uint16_t number_at(const Option& option, std::size_t offset) {
  std::uint16_t value = 0;
  std::memcpy(&value, option.value.data() + offset, sizeof(value));
  return value;
}

TEST(Attach, SetsTheUpperLayer) {
  FakeSocket socket;

  const Reason reason = attach(socket);

  EXPECT_EQ(reason, Reason::Success);
  ASSERT_EQ(socket.options.size(), 1U);
  EXPECT_EQ(socket.options[0].level, ipproto_tcp);
  EXPECT_EQ(socket.options[0].name, tcp_ulp);
  EXPECT_EQ(socket.options[0].value, hex("746c73"));
}

TEST(Attach, NamesWhatFailed) {
  FakeSocket attached = failing(ipproto_tcp, tcp_ulp, EEXIST);
  FakeSocket unconnected = failing(ipproto_tcp, tcp_ulp, ENOTCONN);
  FakeSocket no_module = failing(ipproto_tcp, tcp_ulp, ENOENT);
  FakeSocket no_option = failing(ipproto_tcp, tcp_ulp, ENOPROTOOPT);

  EXPECT_EQ(attach(attached), Reason::AlreadyTls);
  EXPECT_EQ(attach(unconnected), Reason::NotConnected);
  EXPECT_EQ(attach(no_module), Reason::KernelTlsUnavailable);
  EXPECT_EQ(attach(no_option), Reason::KernelTlsUnavailable);
}

TEST(Attach, LeavesTheConnectionOpenWhenItFails) {
  FakeSocket socket = failing(ipproto_tcp, tcp_ulp, ENOENT);

  (void)attach(socket);

  EXPECT_EQ(socket.shutdowns, 0);
}

class InstallEachCipher : public testing::TestWithParam<Tls13Vector> {};

TEST_P(InstallEachCipher, SetsTransmitThenReceive) {
  FakeSocket socket;
  Tls13Vector other = GetParam();
  other.sequence = "0000000000000007";
  const auto transmit = keys_of<TransmitKeys>(GetParam());
  const auto receive = keys_of<ReceiveKeys>(other);

  const auto installed = install(socket, transmit, receive);

  EXPECT_TRUE(installed);
  EXPECT_EQ(socket.shutdowns, 0);
  ASSERT_EQ(socket.options.size(), 2U);
  EXPECT_EQ(socket.options[0].level, sol_tls);
  EXPECT_EQ(socket.options[0].name, tls_tx);
  EXPECT_EQ(number_at(socket.options[0], 0), 0x0304);
  EXPECT_EQ(number_at(socket.options[0], 2), GetParam().kernel_type);
  EXPECT_EQ(body(socket.options[0]), hex(GetParam().crypto_info));
  EXPECT_EQ(socket.options[1].level, sol_tls);
  EXPECT_EQ(socket.options[1].name, tls_rx);
  EXPECT_EQ(number_at(socket.options[1], 0), 0x0304);
  EXPECT_EQ(number_at(socket.options[1], 2), GetParam().kernel_type);
  EXPECT_EQ(socket.options[1].value.back(), std::byte{7});
}

INSTANTIATE_TEST_SUITE_P(Install, InstallEachCipher, testing::ValuesIn(test::tls13_vectors));

TEST(Install, ShutsDownWhenTransmitFails) {
  FakeSocket socket = failing(sol_tls, tls_tx, ENOENT);
  const auto transmit = keys_of<TransmitKeys>(test::tls13_vectors[0]);
  const auto receive = keys_of<ReceiveKeys>(test::tls13_vectors[0]);

  const auto installed = install(socket, transmit, receive);

  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().code, std::errc::no_such_file_or_directory);
  EXPECT_TRUE(socket.options.empty());
  EXPECT_EQ(socket.shutdowns, 1);
}

TEST(Install, ShutsDownWhenReceiveFailsAfterTransmit) {
  FakeSocket socket = failing(sol_tls, tls_rx, EINVAL);
  const auto transmit = keys_of<TransmitKeys>(test::tls13_vectors[0]);
  const auto receive = keys_of<ReceiveKeys>(test::tls13_vectors[0]);

  const auto installed = install(socket, transmit, receive);

  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().code, std::errc::invalid_argument);
  EXPECT_EQ(socket.options.size(), 1U);
  EXPECT_EQ(socket.shutdowns, 1);
}

} // namespace
} // namespace ktls
