// SPDX-License-Identifier: GPL-2.0-or-later
// On sockets without kernel TLS; with it: tests/kernel/records_test.cpp.
#include <gtest/gtest.h>

#include <array>
#include <string_view>

#include "ktlsctl.h"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using namespace std::string_view_literals;

class PlainSocket : public testing::TestWithParam<test::Pair (*)()> {
protected:
  std::string_view receive(int flags, std::size_t n = 64) {
    const ptrdiff_t got = ktlsctl_recv(pair_.ours.get(), buffer_.data(), n, flags);
    return got < 0 ? "error" : std::string_view(buffer_.data(), static_cast<std::size_t>(got));
  }

  test::Pair pair_ = GetParam()();
  std::array<char, 64> buffer_{};
};

TEST_P(PlainSocket, GivesTheData) {
  test::send_bytes(pair_.peers.get(), "hello", 5);

  EXPECT_EQ(receive(0, 3), "hel");
  EXPECT_EQ(receive(0), "lo");
}

TEST_P(PlainSocket, PeeksAndWaitsForAll) {
  test::send_bytes(pair_.peers.get(), "hello", 5);

  EXPECT_EQ(receive(MSG_PEEK), "hello");
  EXPECT_EQ(receive(MSG_WAITALL, 5), "hello");
}

TEST_P(PlainSocket, EndsWithTheStream) {
  ASSERT_EQ(shutdown(pair_.peers.get(), SHUT_WR), 0);

  EXPECT_EQ(ktlsctl_recv(pair_.ours.get(), buffer_.data(), buffer_.size(), 0), 0);
}

TEST_P(PlainSocket, DoesNotWaitWhenToldSo) {
  EXPECT_EQ(ktlsctl_recv(pair_.ours.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT), -EAGAIN);
}

TEST_P(PlainSocket, ShutdownSendsNoByte) {
  ASSERT_EQ(ktlsctl_shutdown(pair_.ours.get()), 0);

  EXPECT_EQ(recv(pair_.peers.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT), 0);
}

TEST_P(PlainSocket, ShutdownLeavesTheOtherDirection) {
  ASSERT_EQ(ktlsctl_shutdown(pair_.ours.get()), 0);
  test::send_bytes(pair_.peers.get(), "still", 5);

  EXPECT_EQ(receive(0), "still");
}

INSTANTIATE_TEST_SUITE_P(Tcp, PlainSocket, testing::Values(&test::tcp_pair));
INSTANTIATE_TEST_SUITE_P(Unix, PlainSocket, testing::Values(&test::unix_pair));

TEST(Recv, RefusesBadArguments) {
  const test::Pair pair = test::tcp_pair();
  char byte = 0;

  EXPECT_EQ(ktlsctl_recv(pair.ours.get(), &byte, 0, 0), -EINVAL);
  EXPECT_EQ(ktlsctl_recv(pair.ours.get(), &byte, 1, MSG_TRUNC), -EINVAL);
  EXPECT_EQ(ktlsctl_recv(pair.ours.get(), &byte, 1, MSG_ERRQUEUE), -EINVAL);
  EXPECT_EQ(ktlsctl_recv(-1, &byte, 1, 0), -EBADF);
  EXPECT_EQ(ktlsctl_shutdown(-1), -EBADF);
}

TEST(Recv, TakesNoDescriptorThatComesWithTheData) {
  const test::Pair pair = test::unix_pair();
  const int passed = pair.peers.get();
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof passed)> control{};
  char byte = 'x';
  iovec bytes = {&byte, 1};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof passed);
  std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  ASSERT_EQ(sendmsg(pair.peers.get(), &message, 0), 1);
  const auto before = test::count_descriptors();

  EXPECT_EQ(ktlsctl_recv(pair.ours.get(), &byte, 1, 0), 1);

  EXPECT_EQ(test::count_descriptors(), before);
}

} // namespace
} // namespace ktls
