// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/time.h>

#include <chrono>
#include <csignal>
#include <vector>

#include "libktlsctl/starting.hpp"

namespace ktls {
namespace {

using test::answer;
using test::bytes_of;
using test::client;
using test::has_keys;
using test::Outcome;
using test::refusal;
using test::Session;
using test::start_with;
using test::success;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

std::uint64_t cookie(int fd) {
  std::uint64_t value = 0;
  socklen_t size = sizeof value;
  EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &size), 0);
  return value;
}

TEST(Start, SendsTheRequestWithTheSocket) {
  const test::Pair pair = test::tcp_pair();
  test::Received received{};
  test::FakeAgent agent([&](int connection) { received = test::receive_request(connection); });
  const ktlsctl_options options = client(agent.path(), 5000);

  (void)start_with(pair, options);
  agent.finish();

  wire::StartRequest request;
  ASSERT_TRUE(wire::decode(&received.request, received.size, request));
  EXPECT_EQ(request.role, wire::Role::Client);
  EXPECT_EQ(request.peer_name.view(), "db.example.org");
  EXPECT_GT(request.timeout_ms, 0U);
  EXPECT_LE(request.timeout_ms, 5000U);
  ASSERT_TRUE(received.socket);
  EXPECT_EQ(cookie(received.socket.get()), cookie(pair.ours.get()));
}

TEST(Start, LeavesTheTimeLimitToTheAgentByDefault) {
  const test::Pair pair = test::tcp_pair();
  test::Received received{};
  test::FakeAgent agent([&](int connection) { received = test::receive_request(connection); });
  ktlsctl_options options{};
  options.size = sizeof options;
  options.role = KTLSCTL_ROLE_SERVER;
  options.agent_socket = agent.path();

  (void)start_with(pair, options);
  agent.finish();

  EXPECT_EQ(received.request.role, wire::Role::Server);
  EXPECT_EQ(received.request.timeout_ms, 0U);
  EXPECT_TRUE(received.request.peer_name.view().empty());
}

TEST(Start, ReportsASuccess) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent(answer(bytes_of(success())));
  const ktlsctl_options options = client(agent.path());
  ktlsctl_session* session = nullptr;

  ASSERT_EQ(start(pair.ours.get(), &options, &session, has_keys), 0);

  const Session owner(session, ktlsctl_session_free);
  EXPECT_STREQ(ktlsctl_session_reason(session), "success");
  EXPECT_STREQ(ktlsctl_session_protocol(session), "TLS 1.3");
  EXPECT_STREQ(ktlsctl_session_cipher(session), "TLS_AES_128_GCM_SHA256");
  EXPECT_STREQ(ktlsctl_session_peer_subject(session), "CN=db.example.org");
  EXPECT_STREQ(ktlsctl_session_message(session), "the handshake succeeded");
  EXPECT_FALSE(test::is_shut_down(pair));
}

TEST(Start, NeedsNoSessionObject) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent(answer(bytes_of(success())));
  const ktlsctl_options options = client(agent.path());

  EXPECT_EQ(start(pair.ours.get(), &options, nullptr, has_keys), 0);
}

TEST(Start, DoesNotBelieveASuccessWithoutKeysInTheKernel) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent(answer(bytes_of(success())));

  const Outcome outcome = start_with(pair, client(agent.path()));

  EXPECT_EQ(outcome.status, -EPROTO);
  EXPECT_EQ(outcome.reason, "agent-protocol-error");
  EXPECT_STREQ(ktlsctl_session_cipher(outcome.session.get()), "");
  EXPECT_TRUE(test::is_shut_down(pair));
}

TEST(Start, ReportsARefusal) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent(answer(bytes_of(refusal())));

  const Outcome outcome = start_with(pair, client(agent.path()));

  EXPECT_EQ(outcome.status, -EACCES);
  EXPECT_EQ(outcome.reason, "certificate-expired");
  EXPECT_STREQ(ktlsctl_session_message(outcome.session.get()),
               "a certificate of the peer's chain has expired");
  EXPECT_TRUE(test::is_shut_down(pair));
}

TEST(Start, ReportsARefusalThatCameBeforeTheRequestWasRead) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent([](int connection) {
    const auto reply = refusal();
    test::send_bytes(connection, &reply, sizeof reply);
  });

  const Outcome outcome = start_with(pair, client(agent.path()));

  EXPECT_EQ(outcome.reason, "certificate-expired");
}

struct BadReply {
  const char* name;
  void (*spoil)(std::vector<char>& bytes, wire::StartReply& reply);
};

class StartBadReply : public testing::TestWithParam<BadReply> {};

TEST_P(StartBadReply, IsAProtocolError) {
  std::vector<char> bytes(sizeof(wire::StartReply));
  wire::StartReply reply = success();
  GetParam().spoil(bytes, reply);
  std::memcpy(bytes.data(), &reply, std::min(bytes.size(), sizeof reply));
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent(answer(bytes));
  const ktlsctl_options options = client(agent.path());
  ktlsctl_session* session = nullptr;

  const int status = start(pair.ours.get(), &options, &session, has_keys);

  const Session owner(session, ktlsctl_session_free);
  EXPECT_EQ(status, -EPROTO);
  EXPECT_STREQ(ktlsctl_session_reason(session), "agent-protocol-error");
  EXPECT_TRUE(test::is_shut_down(pair));
}

constexpr BadReply bad_replies[] = {
    {"OneByte", [](std::vector<char>& bytes, auto&) { bytes.resize(1); }},
    {"Header", [](std::vector<char>& bytes, auto&) { bytes.resize(sizeof(wire::Header)); }},
    {"OneByteShort", [](std::vector<char>& bytes, auto&) { bytes.pop_back(); }},
    {"OneByteLong", [](std::vector<char>& bytes, auto&) { bytes.push_back(0); }},
    {"FarTooLong", [](std::vector<char>& bytes, auto&) { bytes.resize(65536); }},
    {"Version", [](std::vector<char>&, wire::StartReply& reply) { ++reply.header.version; }},
    {"Type", [](std::vector<char>&, wire::StartReply& reply) { reply.header.type = 1; }},
    {"Size", [](std::vector<char>&, wire::StartReply& reply) { ++reply.header.size; }},
    {"Unterminated",
     [](std::vector<char>&, wire::StartReply& reply) { reply.cipher.bytes[47] = 'x'; }},
    {"ErrorAndSuccess", [](std::vector<char>&, wire::StartReply& reply) { reply.error = EIO; }},
    {"ErrorTooLarge",
     [](std::vector<char>&, wire::StartReply& reply) {
       reply = refusal();
       reply.error = 0x80000000;
     }},
    {"NoErrorAndNoSuccess",
     [](std::vector<char>&, wire::StartReply& reply) {
       reply = refusal();
       reply.error = 0;
     }},
    {"NoReason",
     [](std::vector<char>&, wire::StartReply& reply) {
       reply = refusal();
       reply.reason = {};
     }},
};
INSTANTIATE_TEST_SUITE_P(All, StartBadReply, testing::ValuesIn(bad_replies),
                         [](const auto& test) { return test.param.name; });

TEST(Start, ReportsAnAgentThatEndsWithoutAnAnswer) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent([](int connection) { (void)test::receive_request(connection); });

  const Outcome outcome = start_with(pair, client(agent.path()));

  EXPECT_EQ(outcome.status, -ECONNRESET);
  EXPECT_EQ(outcome.reason, "agent-unavailable");
  EXPECT_TRUE(test::is_shut_down(pair));
}

TEST(Start, ReportsAnAgentThatClosesAtOnce) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent([](int) {});

  const Outcome outcome = start_with(pair, client(agent.path()));

  EXPECT_EQ(outcome.reason, "agent-unavailable");
  EXPECT_TRUE(test::is_shut_down(pair));
}

TEST(Start, ReportsThatNobodyListens) {
  const test::Pair pair = test::tcp_pair();
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("agent.sock");
  (void)test::agent_listener(path, 1); // and closed

  const Outcome outcome = start_with(pair, client(path.c_str()));

  EXPECT_EQ(outcome.status, -ECONNREFUSED);
  EXPECT_EQ(outcome.reason, "agent-unavailable");
  EXPECT_TRUE(test::is_shut_down(pair));
}

TEST(Start, ReportsThatThereIsNoAgentSocket) {
  const test::Pair pair = test::tcp_pair();
  const test::TemporaryDirectory directory;

  const Outcome outcome = start_with(pair, client(directory.file("agent.sock").c_str()));

  EXPECT_EQ(outcome.status, -ENOENT);
  EXPECT_EQ(outcome.reason, "agent-unavailable");
  EXPECT_STRNE(ktlsctl_session_message(outcome.session.get()), "");
  EXPECT_TRUE(test::is_shut_down(pair));
}

TEST(Start, ReportsAPathThatCannotBeASocket) {
  const test::Pair pair = test::tcp_pair();

  const Outcome outcome = start_with(pair, client(std::string(200, 'x').c_str()));

  EXPECT_EQ(outcome.status, -ENAMETOOLONG);
  EXPECT_EQ(outcome.reason, "agent-unavailable");
}

TEST(Start, GivesUpOnAnAgentThatNeverAnswers) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent([](int connection) {
    (void)test::receive_request(connection);
    test::wait_for_end(connection);
  });
  const auto begin = Clock::now();

  const Outcome outcome = start_with(pair, client(agent.path(), 30));

  EXPECT_GE(Clock::now() - begin, 30ms);
  EXPECT_EQ(outcome.status, -ETIMEDOUT);
  EXPECT_EQ(outcome.reason, "handshake-timeout");
  EXPECT_TRUE(test::is_shut_down(pair));
}

TEST(Start, GivesUpWhenTheAgentsQueueStaysFull) {
  const test::Pair pair = test::tcp_pair();
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("agent.sock");
  const Fd listener = test::agent_listener(path, 0);
  sockaddr_un address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const Fd first(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(first.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  const auto begin = Clock::now();

  const Outcome outcome = start_with(pair, client(path.c_str(), 30));

  EXPECT_GE(Clock::now() - begin, 30ms);
  EXPECT_EQ(outcome.status, -ETIMEDOUT);
  EXPECT_EQ(outcome.reason, "handshake-timeout");
  EXPECT_TRUE(test::is_shut_down(pair));
}

// Interrupts system calls every few milliseconds for as long as it lives.
class Interruptions {
public:
  Interruptions() {
    struct sigaction action {};
    action.sa_handler = [](int) {}; // and no SA_RESTART
    EXPECT_EQ(sigaction(SIGALRM, &action, &old_), 0);
    set_interval(2'000);
  }
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;
  ~Interruptions() {
    set_interval(0);
    (void)sigaction(SIGALRM, &old_, nullptr);
  }

private:
  static void set_interval(suseconds_t microseconds) {
    const itimerval interval = {{0, microseconds}, {0, microseconds}};
    EXPECT_EQ(setitimer(ITIMER_REAL, &interval, nullptr), 0);
  }
  struct sigaction old_ {};
};

TEST(Start, WaitsThroughSignals) {
  const test::Pair pair = test::tcp_pair();
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("agent.sock");
  const Fd silent = test::agent_listener(path, 1);
  const Interruptions interruptions;
  const auto begin = Clock::now();

  const Outcome outcome = start_with(pair, client(path.c_str(), 50));

  EXPECT_GE(Clock::now() - begin, 50ms);
  EXPECT_EQ(outcome.reason, "handshake-timeout");
}

TEST(Start, FindsTheAgentThroughTheEnvironment) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent(answer(bytes_of(refusal())));
  ASSERT_EQ(setenv("KTLSCTL_AGENT_SOCKET", agent.path(), 1), 0);

  const Outcome outcome = start_with(pair, client(nullptr));

  (void)unsetenv("KTLSCTL_AGENT_SOCKET");
  EXPECT_EQ(outcome.reason, "certificate-expired");
}

TEST(Start, ChangesNoFlagAndNoOption) {
  const test::Pair pair = test::tcp_pair();
  const int fd = pair.ours.get();
  const timeval limit = {7, 0};
  const int on = 1;
  ASSERT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  ASSERT_EQ(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), 0);
  ASSERT_EQ(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
  const int flags = fcntl(fd, F_GETFL);
  const test::FakeAgent agent(answer(bytes_of(success())));
  const ktlsctl_options options = client(agent.path());

  ASSERT_EQ(start(fd, &options, nullptr, has_keys), 0);

  timeval limit_after{};
  int nodelay_after = 0;
  socklen_t size = sizeof limit_after;
  EXPECT_EQ(fcntl(fd, F_GETFL), flags);
  EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit_after, &size), 0);
  EXPECT_EQ(limit_after.tv_sec, 7);
  size = sizeof nodelay_after;
  EXPECT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay_after, &size), 0);
  EXPECT_EQ(nodelay_after, 1);
}

void send_with_descriptor(int connection, const wire::StartReply& reply, int fd) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> control{};
  iovec bytes = {const_cast<wire::StartReply*>(&reply), sizeof reply};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  EXPECT_GT(sendmsg(connection, &message, MSG_NOSIGNAL), 0);
}

TEST(Start, LeavesNoDescriptorBehind) {
  const auto before = test::count_descriptors();
  {
    const test::Pair pair = test::tcp_pair();
    const test::FakeAgent agent([](int connection) {
      const auto received = test::receive_request(connection);
      send_with_descriptor(connection, refusal(), received.socket.get());
    });
    EXPECT_EQ(start_with(pair, client(agent.path())).reason, "certificate-expired");
  }
  EXPECT_EQ(test::count_descriptors(), before);
}

TEST(Session, NullHasEmptyText) {
  EXPECT_STREQ(ktlsctl_session_reason(nullptr), "");
  EXPECT_STREQ(ktlsctl_session_message(nullptr), "");
  EXPECT_STREQ(ktlsctl_session_protocol(nullptr), "");
  EXPECT_STREQ(ktlsctl_session_cipher(nullptr), "");
  EXPECT_STREQ(ktlsctl_session_peer_subject(nullptr), "");
  ktlsctl_session_free(nullptr);
}

} // namespace
} // namespace ktls
