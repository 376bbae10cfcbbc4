// SPDX-License-Identifier: GPL-2.0-or-later
// Keys of a TLS 1.2 handshake that GnuTLS did with another implementation, in the kernel.
//
// KTLS_PORT  of a server on 127.0.0.1 that turns each line around (openssl s_server -rev), with an
//            RSA certificate and an ECDSA one. It is asked once for each suite.
#include <sys/socket.h>

#include <cstdlib>

#include "ktls/ktls_socket.hpp"
#include "support/gnutls_peer.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using test::GnutlsPeer;

Fd connect_to_server() {
  const char* port = std::getenv("KTLS_PORT");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port == nullptr ? 0 : std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return socket;
}

class Tls12InTheKernel : public testing::TestWithParam<test::Tls12Row> {};

TEST_P(Tls12InTheKernel, TalksToAnotherImplementation) {
  const Fd socket = connect_to_server();
  TcpKtlsSocket kernel(socket.get());
  ASSERT_EQ(attach(kernel), Reason::Success);
  GnutlsPeer client(socket.get(), GnutlsPeer::Side::Client, GetParam());
  int status = GNUTLS_E_AGAIN;
  while (gnutls_error_is_fatal(status) == 0 && status != 0)
    status = client.advance();
  ASSERT_EQ(status, 0) << gnutls_strerror(status);
  ASSERT_EQ(client.suite(), GetParam().suite);

  const auto installed = install(kernel, client.transmit_keys(), client.receive_keys());
  ASSERT_TRUE(installed) << installed.error().message();

  for (const std::string_view line : {"one\n", "two\n", "three\n"}) { // each under its own number
    ASSERT_EQ(::send(socket.get(), line.data(), line.size(), 0), static_cast<ssize_t>(line.size()));
    std::string answer(line.size(), '\0');
    ASSERT_EQ(::recv(socket.get(), answer.data(), answer.size(), MSG_WAITALL),
              static_cast<ssize_t>(line.size()));
    EXPECT_EQ(answer, std::string(line.rbegin() + 1, line.rend()) + "\n");
  }
}

INSTANTIATE_TEST_SUITE_P(EachSuite, Tls12InTheKernel, testing::ValuesIn(test::tls12_rows),
                         test::name_of);

} // namespace
} // namespace ktls
