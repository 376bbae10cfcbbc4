// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/socket_check.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/fd.hpp"
#include "ktls/tcp_sockets.hpp"

namespace ktls {
namespace {

using test::connected_pair;
using test::listening_socket;
using test::tcp_socket;

TEST(ClassifySocket, RefusesNumbersThatAreNotOpen) {
  EXPECT_EQ(classify_socket(-1), Reason::NotASocket);
  EXPECT_EQ(classify_socket(1 << 20), Reason::NotASocket);
}

TEST(ClassifySocket, RefusesFile) {
  const Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file);

  EXPECT_EQ(classify_socket(file.get()), Reason::NotASocket);
}

TEST(ClassifySocket, RefusesDirectory) {
  const Fd directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(directory);

  EXPECT_EQ(classify_socket(directory.get()), Reason::NotASocket);
}

TEST(ClassifySocket, RefusesPathDescriptor) {
  const Fd path(::open("/", O_PATH | O_CLOEXEC));
  ASSERT_TRUE(path);

  EXPECT_EQ(classify_socket(path.get()), Reason::NotASocket);
}

TEST(ClassifySocket, RefusesPathDescriptorOfASocketFile) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = testing::TempDir() + "/classify-" + std::to_string(::getpid());
  ASSERT_LT(name.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const Fd path(::open(name.c_str(), O_PATH | O_CLOEXEC));
  ASSERT_TRUE(path);
  (void)::unlink(name.c_str());

  EXPECT_EQ(classify_socket(path.get()), Reason::NotASocket);
}

TEST(ClassifySocket, RefusesPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);

  EXPECT_EQ(classify_socket(reader.get()), Reason::NotASocket);
  EXPECT_EQ(classify_socket(writer.get()), Reason::NotASocket);
}

TEST(ClassifySocket, RefusesMemoryFile) {
  const Fd memory(::memfd_create("classify", MFD_CLOEXEC));
  ASSERT_TRUE(memory);

  EXPECT_EQ(classify_socket(memory.get()), Reason::NotASocket);
}

TEST(ClassifySocket, RefusesAnonymousInode) {
  const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  ASSERT_TRUE(epoll);

  EXPECT_EQ(classify_socket(epoll.get()), Reason::NotASocket);
}

TEST(ClassifySocket, RefusesUnixSocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const Fd one(ends[0]);
  const Fd other(ends[1]);

  EXPECT_EQ(classify_socket(one.get()), Reason::NotTcp);
}

TEST(ClassifySocket, RefusesNetlinkSocket) {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
  ASSERT_TRUE(socket);

  EXPECT_EQ(classify_socket(socket.get()), Reason::NotTcp);
}

TEST(ClassifySocket, RefusesUdpSocket) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_TRUE(socket);

  EXPECT_EQ(classify_socket(socket.get()), Reason::NotTcp);
}

TEST(ClassifySocket, RefusesMptcpSocket) {
  constexpr int ipproto_mptcp = 262;
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, ipproto_mptcp));
  if (!socket)
    GTEST_SKIP() << "this kernel has no MPTCP";

  EXPECT_EQ(classify_socket(socket.get()), Reason::NotTcp);
}

TEST(ClassifySocket, RefusesListeningSocket) {
  const auto listener = listening_socket();
  ASSERT_TRUE(listener);

  EXPECT_EQ(classify_socket(listener->get()), Reason::Listening);
}

TEST(ClassifySocket, RefusesUnconnectedSocket) {
  const Fd socket = tcp_socket();

  EXPECT_EQ(classify_socket(socket.get()), Reason::NotConnected);
}

TEST(ClassifySocket, RefusesSocketShutDownHere) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  ASSERT_EQ(::shutdown(pair->client.get(), SHUT_WR), 0);

  EXPECT_EQ(classify_socket(pair->client.get()), Reason::NotConnected);
}

TEST(ClassifySocket, RefusesSocketClosedByItsPeer) {
  auto pair = connected_pair();
  ASSERT_TRUE(pair);
  pair->server.reset();
  char byte = 0;
  ASSERT_EQ(::read(pair->client.get(), &byte, 1), 0); // the peer's FIN is here

  EXPECT_EQ(classify_socket(pair->client.get()), Reason::NotConnected);
}

TEST(ClassifySocket, TakesBothEndsOfAConnection) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);

  EXPECT_EQ(classify_socket(pair->client.get()), Reason::Success);
  EXPECT_EQ(classify_socket(pair->server.get()), Reason::Success);
}

TEST(ClassifySocket, TakesIpv6) {
  const auto pair = connected_pair(AF_INET6);
  if (!pair)
    GTEST_SKIP() << "this host has no ::1";

  EXPECT_EQ(classify_socket(pair->client.get()), Reason::Success);
  EXPECT_EQ(classify_socket(pair->server.get()), Reason::Success);
}

TEST(ClassifySocket, ChangesNothing) {
  const auto pair = connected_pair();
  ASSERT_TRUE(pair);
  ASSERT_EQ(::send(pair->server.get(), "x", 1, 0), 1);

  (void)classify_socket(pair->client.get());

  char byte = 0;
  EXPECT_EQ(::read(pair->client.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

} // namespace
} // namespace ktls
