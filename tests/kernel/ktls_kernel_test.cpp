// SPDX-License-Identifier: GPL-2.0-or-later
// What agent/ktls asks of the kernel, on a kernel that has kernel TLS and all four ciphers.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ktls/cipher_probe.hpp"
#include "ktls/ktls_socket.hpp"
#include "ktls/socket_check.hpp"
#include "unit/ktls/tcp_sockets.hpp"
#include "unit/ktls/tls13_vectors.hpp"

namespace ktls {
namespace {

using test::connected_pair;
using test::hex;
using test::keys_of;
using test::Tls13Vector;

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

Tls13Vector numbered(Tls13Vector vector, std::string_view sequence) {
  vector.sequence = sequence;
  return vector;
}

// Gives both sockets the keys of `vector`, the server's own direction under another number.
void secure(const test::TcpPair& pair, const Tls13Vector& vector) {
  TcpKtlsSocket client(pair.client.get());
  TcpKtlsSocket server(pair.server.get());
  const Tls13Vector other = numbered(vector, "00000000000000ff");
  ASSERT_EQ(attach(client), Reason::Success);
  ASSERT_EQ(attach(server), Reason::Success);
  ASSERT_TRUE(install(client, keys_of<TransmitKeys>(vector), keys_of<ReceiveKeys>(other)));
  ASSERT_TRUE(install(server, keys_of<TransmitKeys>(other), keys_of<ReceiveKeys>(vector)));
}

TEST(ProbeCiphers, FindsAllFour) {
  const auto ciphers = probe_ciphers();

  ASSERT_TRUE(ciphers) << ciphers.error().message();
  EXPECT_EQ(*ciphers, (std::vector{Cipher::Aes128Gcm, Cipher::Aes256Gcm, Cipher::Aes128Ccm,
                                   Cipher::Chacha20Poly1305}));
}

class EachCipher : public testing::TestWithParam<Tls13Vector> {};

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
  ASSERT_TRUE(install(server, keys_of<TransmitKeys>(GetParam()), keys_of<ReceiveKeys>(GetParam())));
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
  ASSERT_TRUE(install(client, keys_of<TransmitKeys>(GetParam()), keys_of<ReceiveKeys>(GetParam())));
  const Bytes record = hex(GetParam().record);

  send_all(pair->client, hex(GetParam().text));
  const Bytes sealed = receive(pair->server, record.size());

  EXPECT_EQ(sealed, record);
}

TEST_P(EachCipher, RefusesARecordUnderAnotherNumber) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  const Tls13Vector other = numbered(GetParam(), "0000000000000001");
  TcpKtlsSocket server(pair->server.get());
  ASSERT_EQ(attach(server), Reason::Success);
  ASSERT_TRUE(install(server, keys_of<TransmitKeys>(other), keys_of<ReceiveKeys>(other)));

  send_all(pair->client, hex(GetParam().record));
  char byte = 0;
  const ssize_t got = ::recv(pair->server.get(), &byte, 1, 0);

  EXPECT_EQ(got, -1);
  EXPECT_EQ(errno, EBADMSG);
}

INSTANTIATE_TEST_SUITE_P(KernelTls, EachCipher, testing::ValuesIn(test::tls13_vectors));

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
  const Tls13Vector& vector = test::tls13_vectors.front();

  const auto installed =
      install(client, keys_of<TransmitKeys>(vector), keys_of<ReceiveKeys>(vector));

  EXPECT_FALSE(installed);
  EXPECT_TRUE(receive(pair->server, 1).empty()); // end of file
}

} // namespace
} // namespace ktls
