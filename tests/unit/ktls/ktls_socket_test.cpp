// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/ktls_socket.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <vector>

#include "ktls/record_vectors.hpp"

namespace ktls {
namespace {

using test::hex;
using test::keys_of;
using test::RecordVector;

using Bytes = std::vector<std::byte>;

template<class First, class Second>
concept Installs = requires(KtlsSocket& socket, const First& first, const Second& second) {
  install(socket, first, second);
};
static_assert(Installs<TransmitKeys, ReceiveKeys>);
static_assert(!Installs<ReceiveKeys, TransmitKeys>);

// The kernel's numbers, spelt out.
constexpr int ipproto_tcp = 6;
constexpr int tcp_ulp = 31;
constexpr int sol_tls = 282;
constexpr int tls_tx = 1;
constexpr int tls_rx = 2;
constexpr int tls_tx_max_payload_len = 5;

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
  int get_option(int, int, std::span<std::byte>) override { return EINVAL; }
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

class InstallEachCipher : public testing::TestWithParam<RecordVector> {};

TEST_P(InstallEachCipher, SetsTransmitThenReceive) {
  FakeSocket socket;
  RecordVector other = GetParam();
  other.sequence = "0000000000000007";
  const auto transmit = keys_of<TransmitKeys>(GetParam());
  const auto receive = keys_of<ReceiveKeys>(other);

  const auto installed = install(socket, transmit, receive, {test::number_of(GetParam()), 7});

  EXPECT_TRUE(installed);
  EXPECT_EQ(socket.shutdowns, 0);
  ASSERT_EQ(socket.options.size(), 2U);
  EXPECT_EQ(socket.options[0].level, sol_tls);
  EXPECT_EQ(socket.options[0].name, tls_tx);
  EXPECT_EQ(number_at(socket.options[0], 0), GetParam().version);
  EXPECT_EQ(number_at(socket.options[0], 2), GetParam().kernel_type);
  EXPECT_EQ(body(socket.options[0]), hex(GetParam().crypto_info));
  EXPECT_EQ(socket.options[1].level, sol_tls);
  EXPECT_EQ(socket.options[1].name, tls_rx);
  EXPECT_EQ(number_at(socket.options[1], 0), GetParam().version);
  EXPECT_EQ(number_at(socket.options[1], 2), GetParam().kernel_type);
  EXPECT_EQ(socket.options[1].value.back(), std::byte{7});
}

INSTANTIATE_TEST_SUITE_P(Install, InstallEachCipher, testing::ValuesIn(test::record_vectors));

TEST(Install, ShutsDownWhenTransmitFails) {
  FakeSocket socket = failing(sol_tls, tls_tx, ENOENT);
  const auto transmit = keys_of<TransmitKeys>(test::record_vectors[0]);
  const auto receive = keys_of<ReceiveKeys>(test::record_vectors[0]);

  const auto installed = install(socket, transmit, receive);

  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().code, std::errc::no_such_file_or_directory);
  EXPECT_TRUE(socket.options.empty());
  EXPECT_EQ(socket.shutdowns, 1);
}

TEST(Install, ShutsDownWhenReceiveFailsAfterTransmit) {
  FakeSocket socket = failing(sol_tls, tls_rx, EINVAL);
  const auto transmit = keys_of<TransmitKeys>(test::record_vectors[0]);
  const auto receive = keys_of<ReceiveKeys>(test::record_vectors[0]);

  const auto installed = install(socket, transmit, receive);

  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().code, std::errc::invalid_argument);
  EXPECT_EQ(socket.options.size(), 1U);
  EXPECT_EQ(socket.shutdowns, 1);
}

const RecordVector& of_protocol(Protocol protocol) {
  return test::record_vectors.at(protocol == Protocol::Tls13 ? 0 : 4);
}

// A vector's keys, for the record with this number.
template<class Keys>
Keys keys_for(Protocol protocol, std::string_view sequence) {
  RecordVector vector = of_protocol(protocol);
  vector.sequence = sequence;
  return keys_of<Keys>(vector);
}
constexpr std::string_view number_zero = "0000000000000000";
constexpr std::string_view number_one = "0000000000000001";
constexpr std::string_view number_two = "0000000000000002";

// A number that was used already would give the key away.
TEST(Install, WantsTheNumbersBehindATls13Handshake) {
  const auto protocol = Protocol::Tls13;
  FakeSocket right;
  FakeSocket used;
  FakeSocket with_tickets;

  EXPECT_TRUE(install(right, keys_for<TransmitKeys>(protocol, number_zero),
                      keys_for<ReceiveKeys>(protocol, number_zero)));
  EXPECT_FALSE(install(used, keys_for<TransmitKeys>(protocol, number_zero),
                       keys_for<ReceiveKeys>(protocol, number_zero),
                       behind_handshake(protocol, 2)));
  EXPECT_TRUE(install(with_tickets, keys_for<TransmitKeys>(protocol, number_two),
                      keys_for<ReceiveKeys>(protocol, number_zero), behind_handshake(protocol, 2)));

  EXPECT_EQ(right.options.size(), 2U);
  EXPECT_TRUE(used.options.empty());
  EXPECT_EQ(used.shutdowns, 1);
  EXPECT_EQ(with_tickets.options.size(), 2U);
}

TEST(Install, WantsTheNumbersBehindATls12Handshake) {
  const auto protocol = Protocol::Tls12;
  FakeSocket right;
  FakeSocket wrong_sent;
  FakeSocket wrong_received;

  EXPECT_TRUE(install(right, keys_for<TransmitKeys>(protocol, number_one),
                      keys_for<ReceiveKeys>(protocol, number_one)));
  const auto refused = install(wrong_sent, keys_for<TransmitKeys>(protocol, number_zero),
                               keys_for<ReceiveKeys>(protocol, number_one));
  EXPECT_FALSE(install(wrong_received, keys_for<TransmitKeys>(protocol, number_one),
                       keys_for<ReceiveKeys>(protocol, number_two)));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "the keys are for the records number 0 and 1, and the next are 1 and 1");
  EXPECT_TRUE(wrong_sent.options.empty());
  EXPECT_TRUE(wrong_received.options.empty());
  EXPECT_EQ(wrong_sent.shutdowns + wrong_received.shutdowns, 2);
}

TEST(Install, WantsOneSuiteForBothDirections) {
  FakeSocket socket;

  EXPECT_FALSE(install(socket, keys_for<TransmitKeys>(Protocol::Tls12, number_one),
                       keys_for<ReceiveKeys>(Protocol::Tls13, number_zero), {1, 0}));

  EXPECT_TRUE(socket.options.empty());
  EXPECT_EQ(socket.shutdowns, 1);
}

struct SizeLimit {
  Protocol protocol;
  std::uint16_t limit;
  std::string_view payload; // as the kernel's option; empty: not set
};
constexpr SizeLimit size_limits[] = {
    {Protocol::Tls12, 64, "4000"},    {Protocol::Tls12, 1000, "e803"},
    {Protocol::Tls12, 16383, "ff3f"}, {Protocol::Tls12, 16384, ""},
    {Protocol::Tls13, 64, "3f00"},    {Protocol::Tls13, 1001, "e803"},
    {Protocol::Tls13, 16384, "ff3f"}, {Protocol::Tls13, 16385, ""},
    {Protocol::Tls13, 65535, ""},
};

Result<> install_limited(FakeSocket& socket, Protocol protocol, std::uint16_t limit) {
  const auto number = protocol == Protocol::Tls13 ? number_zero : number_one;
  auto next = behind_handshake(protocol);
  next.size_limit = limit;
  return install(socket, keys_for<TransmitKeys>(protocol, number),
                 keys_for<ReceiveKeys>(protocol, number), next);
}

TEST(Install, KeepsToThePeersRecordSize) {
  for (const auto& row : size_limits) {
    FakeSocket socket;

    EXPECT_TRUE(install_limited(socket, row.protocol, row.limit)) << row.limit;

    ASSERT_EQ(socket.options.size(), row.payload.empty() ? 2U : 3U) << row.limit;
    if (row.payload.empty())
      continue;
    EXPECT_EQ(socket.options[1].level, sol_tls);
    EXPECT_EQ(socket.options[1].name, tls_tx_max_payload_len);
    EXPECT_EQ(socket.options[1].value, hex(row.payload)) << row.limit;
  }
}

// The smallest that RFC 8449 allows is 64.
TEST(Install, RefusesRecordSizesThatNoPeerMayAskFor) {
  for (const std::uint16_t limit : std::to_array<std::uint16_t>({0, 1, 63})) {
    FakeSocket socket;

    EXPECT_FALSE(install_limited(socket, Protocol::Tls13, limit)) << limit;

    EXPECT_TRUE(socket.options.empty());
    EXPECT_EQ(socket.shutdowns, 1);
  }
}

TEST(Install, ShutsDownWhereTheKernelCannotLimitRecords) {
  FakeSocket old_kernel = failing(sol_tls, tls_tx_max_payload_len, ENOPROTOOPT);
  FakeSocket other = failing(sol_tls, tls_tx_max_payload_len, EBUSY);

  const auto unable = install_limited(old_kernel, Protocol::Tls13, 1000);
  const auto failed = install_limited(other, Protocol::Tls12, 1000);

  ASSERT_FALSE(unable);
  EXPECT_NE(unable.error().message().find("records of at most 1000 bytes"), std::string::npos);
  EXPECT_EQ(unable.error().code, std::errc::no_protocol_option);
  EXPECT_EQ(old_kernel.shutdowns, 1);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, std::errc::device_or_resource_busy);
  EXPECT_EQ(other.shutdowns, 1);
}

} // namespace
} // namespace ktls
