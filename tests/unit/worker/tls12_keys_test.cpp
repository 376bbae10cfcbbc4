// SPDX-License-Identifier: GPL-2.0-or-later
// What GnuTLS says about the keys of a TLS 1.2 handshake is what agent/ktls expects.
#include <fcntl.h>

#include <algorithm>

#include "ktls/ktls_socket.hpp"
#include "support/gnutls_peer.hpp"
#include "support/sockets.hpp"
#include "support/test_data.hpp"

namespace ktls {
namespace {

using test::GnutlsPeer;

class Tls12Keys : public testing::TestWithParam<test::Tls12Row> {};

TEST_P(Tls12Keys, AreAsGnutlsGivesThem) {
  const bool rsa = GetParam().exchange == "ECDHE-RSA";
  const std::string data = KTLS_TEST_DATA "/";
  const auto sockets = test::unix_pair();
  for (const int socket : {sockets.ours.get(), sockets.peers.get()})
    ASSERT_EQ(::fcntl(socket, F_SETFL, O_NONBLOCK), 0);
  GnutlsPeer client(sockets.ours.get(), GnutlsPeer::Side::Client, GetParam());
  GnutlsPeer server(sockets.peers.get(), GnutlsPeer::Side::Server, GetParam(),
                    data + (rsa ? "server-rsa.pem" : "server.pem"),
                    data + (rsa ? "rsa.key" : "leaf.key"));

  int status = GNUTLS_E_AGAIN;
  for (int i = 0; i < 50 && status != 0; ++i) {
    (void)server.advance();
    status = client.advance();
  }
  ASSERT_EQ(status, 0) << gnutls_strerror(status);
  ASSERT_EQ(client.suite(), GetParam().suite);

  const auto sent = client.transmit_keys();
  const auto received = server.receive_keys();
  const auto next = behind_handshake(Protocol::Tls12);
  EXPECT_TRUE(std::ranges::equal(sent.key(), received.key()));
  EXPECT_TRUE(std::ranges::equal(sent.iv(), received.iv()));
  EXPECT_EQ(sent.next_record(), next.sent);
  EXPECT_EQ(received.next_record(), next.received);
  EXPECT_EQ(server.transmit_keys().next_record(), next.sent);
  EXPECT_EQ(client.receive_keys().next_record(), next.received);
}

INSTANTIATE_TEST_SUITE_P(EachSuite, Tls12Keys, testing::ValuesIn(test::tls12_rows), test::name_of);

} // namespace
} // namespace ktls
