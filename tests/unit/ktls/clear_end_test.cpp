// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/clear_end.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "ktls/record_vectors.hpp"
#include "ktls/tcp_sockets.hpp"

namespace ktls {
namespace {

using test::hex;

TEST(AlertRecords, AreFatal) {
  EXPECT_EQ(alert_records(49), hex("15030300020231"));
  EXPECT_EQ(alert_records(80), hex("15030300020250"));
}

// RFC 8446, section 6.1
TEST(AlertRecords, CloseBehindUserCanceled) {
  EXPECT_EQ(alert_records(90), hex("1503030002015a15030300020100"));
}

TEST(EndWithAlert, TellsThePeerAndShutsDown) {
  const auto pair = test::connected_pair();
  ASSERT_TRUE(pair);

  end_with_alert(pair->server.get(), 80);

  std::vector<std::byte> got(100);
  const ssize_t size = ::recv(pair->client.get(), got.data(), got.size(), MSG_WAITALL);
  ASSERT_EQ(size, 7);
  got.resize(7);
  EXPECT_EQ(got, hex("15030300020250"));
  EXPECT_EQ(::send(pair->server.get(), "x", 1, MSG_NOSIGNAL), -1);
}

TEST(EndUnbegun, SendsTheAlertOfTheReason) {
  const auto pair = test::connected_pair();
  ASSERT_TRUE(pair);

  end_unbegun(pair->server.get(), Reason::NoPolicy);

  std::vector<std::byte> got(100);
  const ssize_t size = ::recv(pair->client.get(), got.data(), got.size(), MSG_WAITALL);
  ASSERT_EQ(size, 7);
  got.resize(7);
  EXPECT_EQ(got, hex("15030300020231"));
}

TEST(EndUnbegun, SendsNothingWhereTheReasonHasNoAlert) {
  const auto pair = test::connected_pair();
  ASSERT_TRUE(pair);

  end_unbegun(pair->server.get(), Reason::WorkerDied);

  char byte = 0;
  EXPECT_EQ(::recv(pair->client.get(), &byte, 1, 0), 0);
  EXPECT_EQ(::send(pair->server.get(), "x", 1, MSG_NOSIGNAL), -1);
}

// Unread data would make the close a reset, which overtakes the alert.
TEST(EndWithAlert, ReadsWhatThePeerSent) {
  auto pair = test::connected_pair();
  ASSERT_TRUE(pair);
  const std::vector<std::byte> hello(500);
  ASSERT_EQ(::send(pair->client.get(), hello.data(), hello.size(), 0), 500);

  end_with_alert(pair->server.get(), 80);
  pair->server.reset();

  std::vector<std::byte> got(100);
  EXPECT_EQ(::recv(pair->client.get(), got.data(), got.size(), MSG_WAITALL), 7);
}

TEST(EndWithAlert, DoesNotWaitForAPeerThatReadsNothing) {
  const auto pair = test::connected_pair();
  ASSERT_TRUE(pair);
  const std::vector<std::byte> block(65536);
  while (::send(pair->server.get(), block.data(), block.size(), MSG_DONTWAIT) > 0) {
  }

  end_with_alert(pair->server.get(), 80);

  EXPECT_EQ(::send(pair->server.get(), "x", 1, MSG_NOSIGNAL), -1);
}

} // namespace
} // namespace ktls
