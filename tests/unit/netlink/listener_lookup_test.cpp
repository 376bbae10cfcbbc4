// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/listener_lookup.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "netlink/diag_answers.hpp"
#include "netlink/fake_port.hpp"

namespace ktls {
namespace {

constexpr std::uint32_t query_sequence = 7;
using test::answer;
using test::socket_in;

TEST(ListenerQuery, NamesTheLocalEndAlone) {
  const auto query = build_listener_query(*IpAddress::parse("192.0.2.1"), 443, query_sequence);

  inet_diag_req_v2 request{};
  ASSERT_EQ(query.size(), sizeof(nlmsghdr) + sizeof request);
  std::memcpy(&request, query.data() + sizeof(nlmsghdr), sizeof request);
  EXPECT_EQ(request.sdiag_family, AF_INET);
  EXPECT_EQ(request.sdiag_protocol, IPPROTO_TCP);
  EXPECT_EQ(request.id.idiag_sport, htons(443));
  EXPECT_EQ(request.id.idiag_src[0], htonl(0xc0000201));
  EXPECT_EQ(request.id.idiag_dport, 0);
  EXPECT_EQ(request.id.idiag_dst[0], 0U);
}

TEST(ListenerAnswer, TellsAListenerFromNone) {
  EXPECT_EQ(read_listener_answer(answer(SOCK_DIAG_BY_FAMILY, socket_in(10)), query_sequence), true);
  EXPECT_EQ(read_listener_answer(answer(NLMSG_ERROR, -ENOENT), query_sequence), false);
  EXPECT_EQ(read_listener_answer(answer(SOCK_DIAG_BY_FAMILY, socket_in(1)), query_sequence), false)
      << "a connection is none";
}

TEST(ListenerAnswer, RefusesWhatIsNone) {
  EXPECT_FALSE(read_listener_answer(answer(NLMSG_ERROR, -EPERM), query_sequence));
  EXPECT_FALSE(read_listener_answer(answer(NLMSG_DONE, socket_in(10)), query_sequence));
  EXPECT_FALSE(read_listener_answer(answer(SOCK_DIAG_BY_FAMILY, socket_in(10), query_sequence + 1),
                                    query_sequence));
  const auto whole = answer(SOCK_DIAG_BY_FAMILY, socket_in(10));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_listener_answer(std::span(whole).first(size), query_sequence)) << size;
}

class RealListener : public testing::TestWithParam<const char*> {};

TEST_P(RealListener, IsFoundWhereItListens) {
  const auto address = *IpAddress::parse(GetParam());
  const bool v6 = !address.is_v4();
  const Fd socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  bound.ss_family = v6 ? AF_INET6 : AF_INET;
  void* to = v6 ? static_cast<void*>(&reinterpret_cast<sockaddr_in6*>(&bound)->sin6_addr)
                : static_cast<void*>(&reinterpret_cast<sockaddr_in*>(&bound)->sin_addr);
  ASSERT_EQ(::inet_pton(bound.ss_family, GetParam(), to), 1);
  if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&bound), size) < 0)
    GTEST_SKIP() << "this system has no such address";
  ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
  const auto port = ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port); // of both families
  auto lookup = ListenerLookup::create();
  ASSERT_TRUE(lookup) << lookup.error().message();
  const auto before = lookup->listens(address, port);
  if (!before && before.error().code == std::errc::operation_not_supported)
    GTEST_SKIP() << "this kernel has no sock_diag for TCP";
  ASSERT_TRUE(before) << before.error().message();
  EXPECT_FALSE(*before) << "it is only bound";

  ASSERT_EQ(::listen(socket.get(), 1), 0);

  EXPECT_EQ(lookup->listens(address, port), true);
}
INSTANTIATE_TEST_SUITE_P(ListenerLookup, RealListener, testing::Values("127.0.0.1", "::1"));

void answers(test::Script& script, const std::vector<std::byte>& bytes) {
  script.answers = {test::Datagram{test::Buffer(bytes.begin(), bytes.end())}};
}

// Without tcp_diag it answers each question so.
TEST(ListenerLookup, FindsOutThatTheKernelKnowsOfNoListener) {
  test::Script script;
  ListenerLookup lookup(std::make_unique<test::FakePort>(script));
  answers(script, answer(NLMSG_ERROR, -ENOENT, 1));

  const auto tried = lookup.try_out();

  ASSERT_FALSE(tried);
  EXPECT_NE(tried.error().message().find("does not know of a socket that listens"),
            std::string::npos);
}

TEST(ListenerLookup, IsContentWhenItsOwnIsFound) {
  test::Script script;
  ListenerLookup lookup(std::make_unique<test::FakePort>(script));
  answers(script, answer(SOCK_DIAG_BY_FAMILY, socket_in(10), 1));

  EXPECT_TRUE(lookup.try_out());

  ASSERT_EQ(script.sent.size(), 1U);
  inet_diag_req_v2 request{};
  std::memcpy(&request, script.sent[0].data() + sizeof(nlmsghdr), sizeof request);
  EXPECT_EQ(request.id.idiag_src[0], htonl(INADDR_LOOPBACK));
  EXPECT_NE(request.id.idiag_sport, 0);
}

TEST(ListenerLookup, TellsAnErrorOfTheKernel) {
  test::Script script;
  ListenerLookup lookup(std::make_unique<test::FakePort>(script));
  answers(script, answer(NLMSG_ERROR, -EOPNOTSUPP, 1));

  EXPECT_EQ(lookup.try_out().error().code, std::errc::operation_not_supported);
}

} // namespace
} // namespace ktls
