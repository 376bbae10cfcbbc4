// SPDX-License-Identifier: GPL-2.0-or-later
// What agent/ktls asks of the kernel, on a kernel that has kernel TLS and all four ciphers, for
// both protocols.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ktls/cipher_probe.hpp"
#include "ktls/ktls_socket.hpp"
#include "ktls/socket_check.hpp"
#include "unit/ktls/record_vectors.hpp"
#include "unit/ktls/tcp_sockets.hpp"

namespace ktls {
namespace {

using test::connected_pair;
using test::hex;
using test::keys_of;
using test::RecordVector;

using Bytes = std::vector<std::byte>;

void send_all(const Fd& socket, const Bytes& bytes) {
  ASSERT_EQ(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

// Waits for `size` bytes; what came instead when there were fewer.
Bytes receive(const Fd& socket, std::size_t size) {
  Bytes bytes(size);
  const ssize_t got = ::recv(socket.get(), bytes.data(), size, MSG_WAITALL);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

RecordVector numbered(RecordVector vector, std::string_view sequence) {
  vector.sequence = sequence;
  return vector;
}

// The same keys for both directions.
Result<> install_both(KtlsSocket& socket, const RecordVector& vector,
                      std::optional<std::uint16_t> size_limit = std::nullopt) {
  const std::uint64_t number = test::number_of(vector);
  return install(socket, keys_of<TransmitKeys>(vector), keys_of<ReceiveKeys>(vector),
                 {number, number, size_limit});
}

// Gives both sockets the keys of `vector`, the server's own direction under another number.
void secure(const test::TcpPair& pair, const RecordVector& vector) {
  TcpKtlsSocket client(pair.client.get());
  TcpKtlsSocket server(pair.server.get());
  const RecordVector other = numbered(vector, "00000000000000ff");
  ASSERT_EQ(attach(client), Reason::Success);
  ASSERT_EQ(attach(server), Reason::Success);
  const std::uint64_t number = test::number_of(vector);
  ASSERT_TRUE(
      install(client, keys_of<TransmitKeys>(vector), keys_of<ReceiveKeys>(other), {number, 0xff}));
  ASSERT_TRUE(
      install(server, keys_of<TransmitKeys>(other), keys_of<ReceiveKeys>(vector), {0xff, number}));
}

TEST(ProbeCiphers, FindsAllFour) {
  const std::vector all{Cipher::Aes128Gcm, Cipher::Aes256Gcm, Cipher::Aes128Ccm,
                        Cipher::Chacha20Poly1305};

  const auto kernel = probe_ciphers();

  ASSERT_TRUE(kernel) << kernel.error().message();
  EXPECT_EQ(kernel->tls13, all);
  EXPECT_EQ(kernel->tls12, all);
}

class EachCipher : public testing::TestWithParam<RecordVector> {};

TEST_P(EachCipher, CarriesDataBothWays) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  secure(*pair, GetParam());
  const Bytes question(20000, std::byte{'q'}); // more than one record
  const Bytes answer(20000, std::byte{'a'});

  send_all(pair->client, question);
  const Bytes asked = receive(pair->server, question.size());
  send_all(pair->server, answer);
  const Bytes answered = receive(pair->client, answer.size());

  EXPECT_EQ(asked, question);
  EXPECT_EQ(answered, answer);
}

TEST_P(EachCipher, OpensARecordSealedElsewhere) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  TcpKtlsSocket server(pair->server.get());
  ASSERT_EQ(attach(server), Reason::Success);
  ASSERT_TRUE(install_both(server, GetParam()));
  const Bytes text = hex(GetParam().text);

  send_all(pair->client, hex(GetParam().record));
  const Bytes opened = receive(pair->server, text.size());

  EXPECT_EQ(opened, text);
}

TEST_P(EachCipher, SealsTheRecordThatWasSealedElsewhere) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  TcpKtlsSocket client(pair->client.get());
  ASSERT_EQ(attach(client), Reason::Success);
  ASSERT_TRUE(install_both(client, GetParam()));
  const Bytes record = hex(GetParam().record);

  send_all(pair->client, hex(GetParam().text));
  const Bytes sealed = receive(pair->server, record.size());

  EXPECT_EQ(sealed, record);
}

TEST_P(EachCipher, RefusesARecordUnderAnotherNumber) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  const RecordVector other = numbered(GetParam(), "0000000000000001");
  TcpKtlsSocket server(pair->server.get());
  ASSERT_EQ(attach(server), Reason::Success);
  ASSERT_TRUE(install_both(server, other));

  send_all(pair->client, hex(GetParam().record));
  char byte = 0;
  const ssize_t got = ::recv(pair->server.get(), &byte, 1, 0);

  EXPECT_EQ(got, -1);
  EXPECT_EQ(errno, EBADMSG);
}

INSTANTIATE_TEST_SUITE_P(KernelTls, EachCipher, testing::ValuesIn(test::record_vectors));

// The lengths of the records that `bytes` of data are sent in.
std::vector<std::size_t> record_lengths(const test::TcpPair& pair, std::size_t bytes) {
  send_all(pair.client, Bytes(bytes));
  EXPECT_EQ(::shutdown(pair.client.get(), SHUT_WR), 0);
  std::vector<std::size_t> lengths;
  for (;;) {
    const Bytes header = receive(pair.server, 5);
    if (header.size() < 5)
      return lengths;
    const auto length =
        std::to_integer<std::size_t>(header[3]) * 256 + std::to_integer<std::size_t>(header[4]);
    lengths.push_back(length);
    EXPECT_EQ(receive(pair.server, length).size(), length);
  }
}

struct Limited {
  Protocol protocol;
  std::uint16_t size_limit;
  std::size_t data; // in each full record
  std::size_t more; // that a record carries besides
};
constexpr Limited limited[] = {
    {Protocol::Tls13, 64, 63, 17},       {Protocol::Tls13, 1001, 1000, 17},
    {Protocol::Tls13, 16384, 16383, 17}, {Protocol::Tls13, 16385, 16384, 17},
    {Protocol::Tls12, 64, 64, 24},       {Protocol::Tls12, 1000, 1000, 24},
    {Protocol::Tls12, 16384, 16384, 24},
};

// RFC 8449: in TLS 1.3 the limit counts the byte of the content type too.
TEST(Install, LimitsTheSizeOfRecordsWhereTheKernelCan) {
  const auto kernel = probe_ciphers();
  ASSERT_TRUE(kernel);
  for (const auto& row : limited) {
    const auto pair = connected_pair();
    ASSERT_TRUE(pair);
    TcpKtlsSocket client(pair->client.get());
    ASSERT_EQ(attach(client), Reason::Success);
    const RecordVector& vector = test::record_vectors.at(row.protocol == Protocol::Tls13 ? 0 : 4);

    const bool installed = install_both(client, vector, row.size_limit).has_value();

    EXPECT_EQ(installed, kernel->limits_records || row.data == 16384) << row.size_limit;
    if (!installed)
      continue;
    EXPECT_EQ(record_lengths(*pair, 2 * row.data + 5),
              (std::vector{row.data + row.more, row.data + row.more, 5 + row.more}))
        << row.size_limit;
  }
}

TEST(ClassifySocket, RefusesAttachedSocket) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  TcpKtlsSocket client(pair->client.get());
  ASSERT_EQ(classify_socket(pair->client.get()), Reason::Success);
  ASSERT_EQ(attach(client), Reason::Success);

  EXPECT_EQ(classify_socket(pair->client.get()), Reason::AlreadyTls);
  EXPECT_EQ(classify_socket(pair->server.get()), Reason::Success);
}

TEST(Attach, RefusesAttachedSocket) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  TcpKtlsSocket client(pair->client.get());
  ASSERT_EQ(attach(client), Reason::Success);

  EXPECT_EQ(attach(client), Reason::AlreadyTls);
}

TEST(Attach, RefusesUnconnectedSocket) {
  const Fd unconnected = test::tcp_socket();
  TcpKtlsSocket socket(unconnected.get());

  EXPECT_EQ(attach(socket), Reason::NotConnected);
}

TEST(Attach, LeavesClearTextAsItWas) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  TcpKtlsSocket client(pair->client.get());
  ASSERT_EQ(attach(client), Reason::Success);
  const Bytes hello = hex("160303");

  send_all(pair->client, hello);
  send_all(pair->server, hello);

  EXPECT_EQ(receive(pair->server, hello.size()), hello);
  EXPECT_EQ(receive(pair->client, hello.size()), hello);
}

TEST(Install, ShutsDownASocketThatIsNotAttached) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  TcpKtlsSocket client(pair->client.get());
  const RecordVector& vector = test::record_vectors.front();

  const auto installed = install_both(client, vector);

  EXPECT_FALSE(installed);
  EXPECT_TRUE(receive(pair->server, 1).empty()); // end of file
}

} // namespace
} // namespace ktls
