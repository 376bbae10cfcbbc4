// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/socket_address.hpp"

#include <gtest/gtest.h>

#include "ktls/tcp_sockets.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

std::string port_of(int socket) {
  sockaddr_in address{}; // the port stands at the same place in sockaddr_in6
  sockaddr_storage any{};
  socklen_t size = sizeof any;
  EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&any), &size), 0);
  std::memcpy(&address, &any, sizeof address);
  return std::to_string(ntohs(address.sin_port));
}

TEST(DescribeConnection, NamesBothEnds) {
  const auto pair = test::tcp_pair();

  EXPECT_EQ(describe_connection(pair.ours.get()),
            "127.0.0.1:" + port_of(pair.ours.get()) + " - 127.0.0.1:" + port_of(pair.peers.get()));
}

TEST(DescribeConnection, PutsIpv6InBrackets) {
  const auto pair = test::connected_pair(AF_INET6);
  if (!pair)
    GTEST_SKIP() << "no IPv6 here";

  EXPECT_EQ(describe_connection(pair->client.get()),
            "[::1]:" + port_of(pair->client.get()) + " - [::1]:" + port_of(pair->server.get()));
}

TEST(DescribeConnection, SurvivesWhatIsNoConnection) {
  const auto pair = test::unix_pair();

  EXPECT_EQ(describe_connection(pair.ours.get()), "? - ?");
  EXPECT_EQ(describe_connection(-1), "? - ?");
}

} // namespace
} // namespace ktls
