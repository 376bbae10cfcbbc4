// SPDX-License-Identifier: GPL-2.0-or-later
// ktlsctl_recv() and ktlsctl_shutdown() on sockets with kernel TLS, keyed by hand.
#include <gtest/gtest.h>
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "ktlsctl.h"
#include "support/sockets.hpp"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

namespace ktls {
namespace {

constexpr std::uint8_t alert = 21;
constexpr std::uint8_t handshake = 22;
constexpr std::uint8_t application_data = 23;

using Bytes = std::string;

Bytes message(char type, std::size_t size) {
  return Bytes{type, static_cast<char>(size >> 16), static_cast<char>(size >> 8),
               static_cast<char>(size)} +
         Bytes(size, 'b');
}
const Bytes ticket = message(4, 300);
const Bytes key_update = Bytes("\x18\0\0\1\0", 5);
const Bytes close_notify = Bytes("\1\0", 2);

tls12_crypto_info_aes_gcm_128 fixed_key(unsigned char number) {
  tls12_crypto_info_aes_gcm_128 info{};
  info.info.version = TLS_1_3_VERSION;
  info.info.cipher_type = TLS_CIPHER_AES_GCM_128;
  std::memset(info.key, number, sizeof info.key);
  return info;
}

void install(int fd, unsigned char sending, unsigned char receiving) {
  const auto tx = fixed_key(sending);
  const auto rx = fixed_key(receiving);
  ASSERT_EQ(setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 3), 0) << std::strerror(errno);
  ASSERT_EQ(setsockopt(fd, SOL_TLS, TLS_TX, &tx, sizeof tx), 0) << std::strerror(errno);
  ASSERT_EQ(setsockopt(fd, SOL_TLS, TLS_RX, &rx, sizeof rx), 0) << std::strerror(errno);
}

class Records : public testing::Test {
protected:
  void SetUp() override {
    install(pair_.ours.get(), 1, 2);
    install(pair_.peers.get(), 2, 1);
  }

  void peer_sends(std::uint8_t type, const Bytes& record) const {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof type)> control{};
    iovec bytes = {const_cast<char*>(record.data()), record.size()};
    msghdr packet{};
    packet.msg_iov = &bytes;
    packet.msg_iovlen = 1;
    packet.msg_control = control.data();
    packet.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&packet);
    header->cmsg_level = SOL_TLS;
    header->cmsg_type = TLS_SET_RECORD_TYPE;
    header->cmsg_len = CMSG_LEN(sizeof type);
    std::memcpy(CMSG_DATA(header), &type, sizeof type);
    ASSERT_EQ(sendmsg(pair_.peers.get(), &packet, MSG_NOSIGNAL),
              static_cast<ssize_t>(record.size()));
  }

  ptrdiff_t receive(std::size_t n = 65536, int flags = MSG_DONTWAIT) {
    buffer_.assign(n, '\0');
    const ptrdiff_t got = ktlsctl_recv(pair_.ours.get(), buffer_.data(), n, flags);
    buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return got;
  }

  // By what the peer sees: the kernel reports the first send() after a shutdown() as a success.
  [[nodiscard]] bool is_shut_down() const {
    char byte = 0;
    (void)send(pair_.ours.get(), &byte, 1, MSG_NOSIGNAL);
    return recv(pair_.peers.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

  test::Pair pair_ = test::tcp_pair();
  Bytes buffer_;
};

TEST_F(Records, GivesTheData) {
  peer_sends(application_data, "hello");

  EXPECT_EQ(receive(3), 3);
  EXPECT_EQ(buffer_, "hel");
  EXPECT_EQ(receive(), 2);
  EXPECT_EQ(buffer_, "lo");
  EXPECT_EQ(receive(), -EAGAIN);
}

TEST_F(Records, SkipsTicketsBeforeAndBetweenTheData) {
  peer_sends(handshake, ticket);
  peer_sends(handshake, ticket + ticket);
  peer_sends(application_data, "one");
  peer_sends(handshake, ticket);
  peer_sends(application_data, "two");

  EXPECT_EQ(receive(), 3);
  EXPECT_EQ(buffer_, "one");
  EXPECT_EQ(receive(), 3);
  EXPECT_EQ(buffer_, "two");
}

TEST_F(Records, SkipsTicketsThatAreLargerThanTheBuffer) {
  for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 299U, 303U, 304U, 305U}) {
    peer_sends(handshake, ticket);
    peer_sends(handshake, message(4, 16000));
    peer_sends(application_data, "x");

    EXPECT_EQ(receive(n), 1) << n;
    EXPECT_EQ(buffer_, "x") << n;
  }
}

TEST_F(Records, SkipsATicketInSeveralRecords) {
  peer_sends(handshake, ticket.substr(0, 2));
  peer_sends(handshake, ticket.substr(2, 100));
  peer_sends(handshake, ticket.substr(102));
  peer_sends(application_data, "x");

  EXPECT_EQ(receive(7), 1);
  EXPECT_EQ(buffer_, "x");
}

TEST_F(Records, WaitsBehindATicketLikeRecv) {
  const timeval limit = {0, 20'000};
  ASSERT_EQ(setsockopt(pair_.ours.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
  peer_sends(handshake, ticket);

  EXPECT_EQ(receive(100, 0), -EAGAIN);
}

TEST_F(Records, PeeksBehindTickets) {
  peer_sends(handshake, ticket);
  peer_sends(handshake, ticket);
  peer_sends(application_data, "hello");

  EXPECT_EQ(receive(100, MSG_PEEK | MSG_DONTWAIT), 5);
  EXPECT_EQ(buffer_, "hello");
  EXPECT_EQ(receive(), 5);
  EXPECT_EQ(buffer_, "hello");
}

TEST_F(Records, PeeksBehindTicketsThatAreLargerThanTheBuffer) {
  peer_sends(handshake, ticket);
  peer_sends(handshake, ticket);
  peer_sends(application_data, "hello");

  EXPECT_EQ(receive(1, MSG_PEEK | MSG_DONTWAIT), 1);
  EXPECT_EQ(receive(), 5);
  EXPECT_EQ(buffer_, "hello");
}

TEST_F(Records, WaitsForAllAcrossRecords) {
  peer_sends(application_data, "hel");
  peer_sends(application_data, "lo");

  EXPECT_EQ(receive(5, MSG_WAITALL), 5);
  EXPECT_EQ(buffer_, "hello");
}

TEST_F(Records, EndsWithCloseNotifyAndStaysEnded) {
  peer_sends(application_data, "last");
  peer_sends(alert, close_notify);

  EXPECT_EQ(receive(), 4);
  EXPECT_EQ(receive(), 0);
  EXPECT_EQ(receive(100, 0), 0); // without waiting, though TCP is still open
}

TEST_F(Records, TakesCloseNotifyWithAOneByteBuffer) {
  peer_sends(alert, close_notify);

  EXPECT_EQ(receive(1), 0);
}

TEST_F(Records, PeeksAtTheEnd) {
  peer_sends(alert, Bytes("\1\x5a", 2)); // user_canceled
  peer_sends(alert, close_notify);

  EXPECT_EQ(receive(100, MSG_PEEK | MSG_DONTWAIT), 0);
  EXPECT_EQ(receive(), 0);
}

TEST_F(Records, CanSendAfterThePeersEnd) {
  peer_sends(alert, close_notify);
  ASSERT_EQ(receive(), 0);

  EXPECT_EQ(send(pair_.ours.get(), "more", 4, MSG_NOSIGNAL), 4);
  EXPECT_EQ(ktlsctl_shutdown(pair_.ours.get()), 0);
  Bytes got(10, '\0');
  EXPECT_EQ(ktlsctl_recv(pair_.peers.get(), got.data(), got.size(), 0), 4);
  EXPECT_EQ(ktlsctl_recv(pair_.peers.get(), got.data(), got.size(), 0), 0);
}

TEST_F(Records, EndsWithTheConnection) {
  pair_.peers.reset();

  EXPECT_EQ(receive(), 0);
}

TEST_F(Records, ReportsARefusedCertificate) {
  peer_sends(alert, Bytes("\2\x74", 2)); // certificate_required

  EXPECT_EQ(receive(), -EACCES);
  EXPECT_TRUE(is_shut_down());
}

TEST_F(Records, ReportsOtherAlertsWhateverTheirLevel) {
  peer_sends(alert, Bytes("\1\x28", 2)); // handshake_failure, as a warning

  EXPECT_EQ(receive(), -ECONNRESET);
  EXPECT_TRUE(is_shut_down());
}

TEST_F(Records, RefusesAlertsOfAnotherSize) {
  peer_sends(alert, Bytes("\1", 1));

  EXPECT_EQ(receive(), -EPROTO);
}

TEST_F(Records, RefusesTwoAlertsInOneRecord) {
  peer_sends(alert, close_notify + close_notify);

  EXPECT_EQ(receive(2), -EPROTO);
}

TEST_F(Records, RefusesOtherHandshakeMessages) {
  peer_sends(handshake, message(13, 10)); // CertificateRequest

  EXPECT_EQ(receive(), -EPROTO);
  EXPECT_TRUE(is_shut_down());
}

TEST_F(Records, RefusesDataInTheMiddleOfAMessage) {
  peer_sends(handshake, ticket.substr(0, 100));
  peer_sends(application_data, "x");

  EXPECT_EQ(receive(), -EPROTO);
}

TEST_F(Records, RefusesHalfAMessageWhenNotWaiting) {
  peer_sends(handshake, ticket.substr(0, 100));

  EXPECT_EQ(receive(), -EPROTO);
}

TEST_F(Records, RefusesUnknownRecordTypes) {
  peer_sends(20, Bytes("\1", 1)); // change_cipher_spec

  EXPECT_EQ(receive(), -EPROTO);
}

TEST_F(Records, EndsWithAKeyUpdateThatTheAgentCannotFollow) {
  const test::FakeAgent agent([](int connection) {
    auto refusal = wire::make<wire::StartReply>();
    refusal.error = EOPNOTSUPP;
    refusal.reason.assign_cut("key-update-unsupported");
    std::array<char, 100> request{};
    (void)recv(connection, request.data(), request.size(), 0);
    test::send_bytes(connection, &refusal, sizeof refusal);
  });
  ASSERT_EQ(setenv("KTLSCTL_AGENT_SOCKET", agent.path(), 1), 0);
  peer_sends(application_data, "old");
  peer_sends(handshake, key_update);

  EXPECT_EQ(receive(), 3);
  EXPECT_EQ(receive(2), -EKEYEXPIRED);
  EXPECT_TRUE(is_shut_down());
}

TEST_F(Records, EndsWithAKeyUpdateThatIsNone) {
  peer_sends(handshake, message(24, 1));

  EXPECT_EQ(receive(2), -EPROTO);
}

TEST_F(Records, LetsTheCallerBreathe) {
  for (int i = 0; i < 100; ++i)
    peer_sends(handshake, message(4, 1));
  peer_sends(application_data, "x");

  EXPECT_EQ(receive(), -EINTR);
  EXPECT_EQ(receive(), 1);
}

TEST_F(Records, ShutdownSendsCloseNotifyAndFin) {
  ASSERT_EQ(ktlsctl_shutdown(pair_.ours.get()), 0);

  Bytes record(10, '\0');
  alignas(cmsghdr) std::array<char, CMSG_SPACE(1)> control{};
  iovec bytes = {record.data(), record.size()};
  msghdr packet{};
  packet.msg_iov = &bytes;
  packet.msg_iovlen = 1;
  packet.msg_control = control.data();
  packet.msg_controllen = control.size();
  ASSERT_EQ(recvmsg(pair_.peers.get(), &packet, 0), 2);
  EXPECT_EQ(*CMSG_DATA(CMSG_FIRSTHDR(&packet)), alert);
  EXPECT_EQ(record.substr(0, 2), close_notify);
  EXPECT_EQ(recv(pair_.peers.get(), record.data(), record.size(), 0), 0);
}

TEST_F(Records, ShutdownLosesNothingThatASmallBufferHolds) {
  const int small = 4096;
  ASSERT_EQ(setsockopt(pair_.peers.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  const Bytes block(100'000, 'x');
  std::size_t sent = 0;
  ssize_t step = 0;
  while ((step = send(pair_.peers.get(), block.data(), block.size(), MSG_DONTWAIT)) > 0)
    sent += static_cast<std::size_t>(step);
  std::size_t got = 0;
  int closed = -EAGAIN;
  ptrdiff_t last = 1;
  while (last > 0 || last == -EAGAIN) {
    if (closed == -EAGAIN) {
      pollfd writable = {pair_.peers.get(), POLLOUT, 0};
      if (poll(&writable, 1, 0) == 1)
        closed = ktlsctl_shutdown(pair_.peers.get());
    }
    pollfd readable = {pair_.ours.get(), POLLIN, 0};
    (void)poll(&readable, 1, 100);
    last = receive(5000);
    got += last > 0 ? static_cast<std::size_t>(last) : 0;
  }

  EXPECT_EQ(closed, 0);
  EXPECT_EQ(last, 0);
  EXPECT_EQ(got, sent);
}

} // namespace
} // namespace ktls
