// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/tcp_sockets.hpp"

#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "netlink/attributes.hpp"
#include "netlink/diag_answers.hpp"
#include "netlink/fake_port.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using test::answer;
using test::socket_in;

std::uint64_t cookie_of_socket(int socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  EXPECT_EQ(::getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  return cookie;
}

DiagConnection connection_of(int socket) {
  DiagConnection out{};
  socklen_t size = sizeof out.local;
  EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&out.local), &size), 0);
  size = sizeof out.remote;
  EXPECT_EQ(::getpeername(socket, reinterpret_cast<sockaddr*>(&out.remote), &size), 0);
  out.cookie = cookie_of_socket(socket);
  return out;
}

std::uint16_t port_in(const sockaddr_storage& address) {
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof v4);
  return ntohs(v4.sin_port);
}

test::Datagram datagram(std::initializer_list<std::vector<std::byte>> messages) {
  test::Datagram out;
  for (const auto& message : messages)
    out.bytes.insert(out.bytes.end(), message.begin(), message.end());
  return out;
}

class TcpSocketsOfAScript : public testing::Test {
protected:
  test::Script ends;
  test::Script queries;
  TcpSockets sockets{std::make_unique<test::FakePort>(ends),
                     std::make_unique<test::FakePort>(queries)};

  inet_diag_req_v2 sent(std::size_t index) {
    inet_diag_req_v2 request{};
    std::memcpy(&request, queries.sent.at(index).data() + sizeof(nlmsghdr), sizeof request);
    return request;
  }
};

TEST_F(TcpSocketsOfAScript, TakesAllEndsThatAreThere) {
  ends.answers = {datagram({answer(SOCK_DIAG_BY_FAMILY, socket_in(TCP_CLOSE, 5))}),
                  datagram({answer(SOCK_DIAG_BY_FAMILY, socket_in(TCP_CLOSE, 1ULL << 40))})};

  const auto taken = sockets.take_ends();

  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->cookies, (std::vector<std::uint64_t>{5, 1ULL << 40}));
  EXPECT_FALSE(taken->some_were_lost);
}

TEST_F(TcpSocketsOfAScript, KnowsThatEndsWereLost) {
  ends.answers = {ENOBUFS, datagram({answer(SOCK_DIAG_BY_FAMILY, socket_in(TCP_CLOSE, 5))})};

  const auto taken = sockets.take_ends();

  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->cookies, std::vector<std::uint64_t>{5});
  EXPECT_TRUE(taken->some_were_lost);
}

TEST_F(TcpSocketsOfAScript, TakesAnEndThatIsCutOffForALostOne) {
  auto cut = datagram({answer(SOCK_DIAG_BY_FAMILY, socket_in(TCP_CLOSE, 5))});
  cut.bytes.resize(cut.bytes.size() - 1);
  ends.answers = {cut};

  EXPECT_TRUE(sockets.take_ends()->some_were_lost);
}

TEST_F(TcpSocketsOfAScript, BelievesNoProcess) {
  auto forged = datagram({answer(SOCK_DIAG_BY_FAMILY, socket_in(TCP_CLOSE, 5))});
  forged.from_kernel = false;
  ends.answers = {forged};

  EXPECT_TRUE(sockets.take_ends()->cookies.empty());
}

TEST_F(TcpSocketsOfAScript, CollectsADumpOfBothFamilies) {
  const int no_error = 0;
  queries.answers = {datagram({answer(SOCK_DIAG_BY_FAMILY, socket_in(TCP_ESTABLISHED, 1), 1),
                               answer(SOCK_DIAG_BY_FAMILY, socket_in(TCP_CLOSE_WAIT, 2), 1)}),
                     datagram({answer(NLMSG_DONE, no_error, 1)}),
                     datagram({answer(SOCK_DIAG_BY_FAMILY, socket_in(TCP_ESTABLISHED, 3), 2),
                               answer(NLMSG_DONE, no_error, 2)})};

  const auto found = sockets.alive();

  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, (std::unordered_set<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(sent(0).sdiag_family, AF_INET);
  EXPECT_EQ(sent(1).sdiag_family, AF_INET6);
  EXPECT_EQ(sent(0).idiag_states & (1U << TCP_LISTEN), 0U);
}

// A socket of sock_diag with attributes behind it.
std::vector<std::byte> answer_with(const inet_diag_msg& socket,
                                   const std::vector<std::byte>& attributes, std::uint32_t number) {
  auto out = answer(SOCK_DIAG_BY_FAMILY, socket, number);
  out.insert(out.end(), attributes.begin(), attributes.end());
  netlink::set_length(out);
  return out;
}

std::vector<std::byte> tls_attributes(std::uint16_t version, std::uint16_t cipher) {
  std::vector<std::byte> tls;
  netlink::append_attribute<std::uint16_t>(tls, TLS_INFO_VERSION, version);
  netlink::append_attribute<std::uint16_t>(tls, TLS_INFO_CIPHER, cipher);
  netlink::append_attribute<std::uint16_t>(tls, TLS_INFO_TXCONF, TLS_CONF_SW);
  netlink::append_attribute<std::uint16_t>(tls, TLS_INFO_RXCONF, TLS_CONF_HW);
  netlink::append_bytes(tls, TLS_INFO_ZC_RO_TX, {});
  std::vector<std::byte> upper;
  netlink::append_bytes(upper, INET_ULP_INFO_NAME, std::as_bytes(std::span("tls")));
  netlink::append_bytes(upper, INET_ULP_INFO_TLS | NLA_F_NESTED, tls);
  std::vector<std::byte> out;
  netlink::append_bytes(out, INET_DIAG_MEMINFO, std::as_bytes(std::span("what is not looked at")));
  netlink::append_bytes(out, INET_DIAG_ULP_INFO, upper);
  return out;
}

TEST_F(TcpSocketsOfAScript, FindsThoseWithKernelTls) {
  auto secured = socket_in(TCP_ESTABLISHED, 5);
  secured.idiag_family = AF_INET;
  secured.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
  secured.id.idiag_sport = htons(443);
  secured.id.idiag_dst[0] = htonl(INADDR_LOOPBACK + 1);
  secured.id.idiag_dport = htons(50000);
  secured.idiag_uid = 1000;
  secured.idiag_inode = 77;
  queries.answers = {
      datagram({answer(SOCK_DIAG_BY_FAMILY, socket_in(TCP_ESTABLISHED, 4), 1),
                answer_with(secured, tls_attributes(0x0304, TLS_CIPHER_AES_GCM_256), 1),
                answer(NLMSG_DONE, 0, 1)}),
      datagram({answer(NLMSG_DONE, 0, 2)})};

  const auto found = sockets.with_tls();

  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->size(), 1U);
  const auto& one = found->front();
  EXPECT_EQ(one.connection.cookie, 5U);
  EXPECT_EQ(port_in(one.connection.local), 443);
  EXPECT_EQ(port_in(one.connection.remote), 50000);
  EXPECT_EQ(one.uid, 1000U);
  EXPECT_EQ(one.inode, 77U);
  ASSERT_TRUE(one.tls);
  EXPECT_EQ(one.tls->version, 0x0304);
  EXPECT_EQ(one.tls->cipher, TLS_CIPHER_AES_GCM_256);
  EXPECT_EQ(one.tls->transmit, TLS_CONF_SW);
  EXPECT_EQ(one.tls->receive, TLS_CONF_HW);
  EXPECT_NE(sent(0).idiag_ext & 1U << (INET_DIAG_INFO - 1), 0U);
}

TEST_F(TcpSocketsOfAScript, TakesNoAttributesThatAreCutOff) {
  auto attributes = tls_attributes(0x0304, TLS_CIPHER_AES_GCM_256);
  for (std::size_t size = attributes.size() - 1; size > 0; --size) {
    attributes.resize(size);
    queries.answers = {datagram({answer_with(socket_in(TCP_ESTABLISHED, 5), attributes,
                                             static_cast<std::uint32_t>(queries.sent.size()) + 1),
                                 answer(NLMSG_DONE, 0, 77)}),
                       EAGAIN};

    const auto found = sockets.with_tls();

    EXPECT_FALSE(found && !found->empty() && found->front().tls->receive == TLS_CONF_HW) << size;
  }
}

TEST_F(TcpSocketsOfAScript, TellsAnErrorInADump) {
  queries.answers = {datagram({answer(NLMSG_ERROR, -EPERM, 1)})};

  EXPECT_EQ(sockets.alive().error().code, std::errc::operation_not_permitted);
}

TEST_F(TcpSocketsOfAScript, PassesOverAnswersToEarlierQuestions) {
  queries.answers = {datagram({answer(NLMSG_ERROR, -EPERM, 77)}),
                     datagram({answer(NLMSG_ERROR, 0, 1)})};

  EXPECT_EQ(sockets.destroy({}), 0);
}

TEST_F(TcpSocketsOfAScript, KnowsWhetherTheKernelCanDestroy) {
  queries.answers = {datagram({answer(NLMSG_ERROR, -EOPNOTSUPP, 1)}),
                     datagram({answer(NLMSG_ERROR, -ENOENT, 2)}),
                     datagram({answer(NLMSG_ERROR, -EPERM, 3)})};

  EXPECT_FALSE(sockets.can_destroy());
  EXPECT_TRUE(sockets.can_destroy());
  EXPECT_FALSE(sockets.can_destroy());
}

class RealTcpSockets : public testing::Test {
protected:
  void SetUp() override {
    auto made = TcpSockets::create();
    if (!made && made.error().code == std::errc::operation_not_supported)
      GTEST_SKIP() << "this kernel has no sock_diag for TCP";
    ASSERT_TRUE(made) << made.error().message();
    sockets.emplace(std::move(*made));
  }

  bool tells_the_end_of(std::uint64_t cookie) {
    constexpr int patience_ms = 10'000;
    for (pollfd waiting{sockets->fd(), POLLIN, 0}; ::poll(&waiting, 1, patience_ms) > 0;) {
      const auto taken = sockets->take_ends();
      if (taken && std::ranges::find(taken->cookies, cookie) != taken->cookies.end())
        return true;
    }
    return false;
  }

  test::Pair pair = test::tcp_pair();
  std::optional<TcpSockets> sockets;
};

TEST_F(RealTcpSockets, AreAliveUntilTheyEnd) {
  const auto cookie = cookie_of_socket(pair.ours.get());
  const auto before = sockets->alive();
  ASSERT_TRUE(before) << before.error().message();
  EXPECT_TRUE(before->contains(cookie));

  pair = test::Pair{};

  EXPECT_TRUE(tells_the_end_of(cookie));
  EXPECT_FALSE(sockets->alive()->contains(cookie));
}

TEST_F(RealTcpSockets, AreDestroyed) {
  if (!sockets->can_destroy())
    GTEST_SKIP() << "this kernel ends no sockets of others, or we may not";
  auto connection = connection_of(pair.ours.get());
  auto other = connection;
  other.cookie += 1'000'000;
  EXPECT_EQ(sockets->destroy(other), ENOENT) << "it is another one";

  EXPECT_EQ(sockets->destroy(connection), 0);

  char byte = 0;
  EXPECT_EQ(::recv(pair.ours.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNABORTED);
}

} // namespace
} // namespace ktls
