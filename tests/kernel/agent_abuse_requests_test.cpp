// SPDX-License-Identifier: GPL-2.0-or-later
// Requests on agent.sock that are no good: sockets and other descriptors, and bytes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/mman.h>

#include "kernel/agent_abuse_case.hpp"

namespace ktls {
namespace {

using test::AgentAbuse;
using test::answer_to;
using test::Bytes;
using test::bytes_of;
using test::Client;
using test::good_request;
using test::Pair;
using test::prompt;
using test::setting;
using test::wait_readable;

struct Subject {
  Fd passed;
  Fd kept; // what must stay open beside it
};

struct BadDescriptor {
  const char* name;
  const char* reason;
  Subject (*make)();
};

Subject tcp_socket(bool listening) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (listening) {
    EXPECT_EQ(listen(fd.get(), 1), 0);
  }
  return {std::move(fd), Fd()};
}

Subject pipe_end() {
  std::array<int, 2> fds{-1, -1};
  EXPECT_EQ(pipe2(fds.data(), O_CLOEXEC), 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

Subject opened(const char* path, int flags) {
  return {Fd(open(path, flags | O_CLOEXEC)), Fd()};
}

Subject of(Pair pair) {
  return {std::move(pair.ours), std::move(pair.peers)};
}

Subject reset_by_peer() {
  Pair pair = test::tcp_pair();
  const linger at_once = {1, 0};
  EXPECT_EQ(setsockopt(pair.peers.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  pair.peers.reset();
  EXPECT_TRUE(wait_readable(pair.ours.get(), prompt));
  return of(std::move(pair));
}

Subject half_closed_by_peer() {
  Pair pair = test::tcp_pair();
  EXPECT_EQ(shutdown(pair.peers.get(), SHUT_WR), 0);
  EXPECT_TRUE(wait_readable(pair.ours.get(), prompt));
  return of(std::move(pair));
}

Subject kernel_tls() {
  Pair pair = test::tcp_pair();
  EXPECT_EQ(setsockopt(pair.ours.get(), IPPROTO_TCP, TCP_ULP, "tls", 3), 0)
      << "is the module tls loaded? " << std::strerror(errno);
  return of(std::move(pair));
}

constexpr BadDescriptor bad_descriptors[] = {
    {"File", "not-a-socket", [] { return opened("/proc/self/exe", O_RDONLY); }},
    {"Directory", "not-a-socket", [] { return opened("/", O_RDONLY | O_DIRECTORY); }},
    {"Device", "not-a-socket", [] { return opened("/dev/null", O_RDWR); }},
    {"Pipe", "not-a-socket", pipe_end},
    {"Memfd", "not-a-socket",
     [] {
       return Subject{Fd(memfd_create("m", MFD_CLOEXEC)), Fd()};
     }},
    {"PathOfAFile", "not-a-socket", [] { return opened("/proc/self/exe", O_PATH); }},
    {"PathOfASocket", "not-a-socket",
     [] { return opened(setting("KTLS_AGENT_SOCKET").c_str(), O_PATH); }},
    {"Udp", "not-tcp",
     [] {
       return Subject{Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), Fd()};
     }},
    {"Netlink", "not-tcp",
     [] {
       return Subject{Fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0)), Fd()};
     }},
    {"UnixStream", "not-tcp", [] { return of(test::unix_pair()); }},
    {"Listening", "listening", [] { return tcp_socket(true); }},
    {"Unconnected", "not-connected", [] { return tcp_socket(false); }},
    {"ResetByPeer", "not-connected", reset_by_peer},
    {"HalfClosedByPeer", "not-connected", half_closed_by_peer},
    {"KernelTls", "already-tls", kernel_tls},
};

class AgentAbuseDescriptor : public AgentAbuse,
                             public testing::WithParamInterface<BadDescriptor> {};

TEST_P(AgentAbuseDescriptor, IsRefused) {
  const Subject subject = GetParam().make();
  ASSERT_TRUE(subject.passed) << std::strerror(errno);

  EXPECT_EQ(answer_to(bytes_of(good_request()), {subject.passed.get()}), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(All, AgentAbuseDescriptor, testing::ValuesIn(bad_descriptors),
                         [](const auto& test) { return test.param.name; });

// An agent that shuts down what it refuses cannot answer here any more.
TEST_F(AgentAbuse, SurvivesItsOwnConnection) {
  const Client client;
  client.send(bytes_of(good_request()), {client.get()});

  const std::string reason = client.reason();
  EXPECT_TRUE(reason == "not-tcp" || reason == "(closed)") << reason;
}

TEST_F(AgentAbuse, RefusesNoDescriptor) {
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

TEST_F(AgentAbuse, RefusesManyDescriptors) {
  const Pair pair = test::tcp_pair();
  for (const std::size_t count : {2U, 10U, 200U, 253U}) {
    const std::vector<int> descriptors(count, pair.ours.get());
    EXPECT_EQ(answer_to(bytes_of(good_request()), descriptors), "too-many-descriptors") << count;
  }
}

TEST_F(AgentAbuse, RefusesTruncatedRequests) {
  const Pair pair = test::tcp_pair();
  const Bytes whole = bytes_of(good_request());
  for (const std::size_t size : {1U, 4U, 7U, 8U, 9U, 12U, 16U, 17U, 270U, 271U}) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(answer_to(part, {pair.ours.get()}), "malformed-request") << size;
  }
}

// Such a message looks like the end of the connection, but can carry a descriptor.
TEST_F(AgentAbuse, SurvivesAnEmptyMessage) {
  const Pair pair = test::tcp_pair();
  const Client client;
  client.send({}, {pair.ours.get()});

  const std::string reason = client.reason();
  EXPECT_TRUE(reason == "malformed-request" || reason == "(closed)") << reason;
}

TEST_F(AgentAbuse, RefusesOverlongRequests) {
  const Pair pair = test::tcp_pair();
  for (const std::size_t size :
       {sizeof(wire::StartRequest) + 1, std::size_t{4096}, std::size_t{65536}}) {
    Bytes bytes = bytes_of(good_request());
    bytes.resize(size);
    EXPECT_EQ(answer_to(bytes, {pair.ours.get()}), "malformed-request") << size;
  }
}

struct BadRequest {
  const char* name;
  const char* reason;
  void (*spoil)(wire::StartRequest& request);
};

constexpr const char* malformed = "malformed-request";
using wire::StartRequest;
constexpr BadRequest bad_requests[] = {
    {"VersionZero", malformed, [](StartRequest& r) { r.header.version = 0; }},
    {"VersionTwo", malformed, [](StartRequest& r) { r.header.version = 2; }},
    {"TypeOfTheReply", malformed, [](StartRequest& r) { r.header.type = 2; }},
    {"TypeUnknown", malformed, [](StartRequest& r) { r.header.type = 0xffff; }},
    {"SizeTooSmall", malformed, [](StartRequest& r) { --r.header.size; }},
    {"SizeHuge", malformed, [](StartRequest& r) { r.header.size = 0xffffffff; }},
    {"RoleThree", malformed, [](StartRequest& r) { r.role = wire::Role{3}; }},
    {"RoleUnknown", malformed, [](StartRequest& r) { r.role = wire::Role{999}; }},
    {"TimeoutAboveMaximum", malformed, [](StartRequest& r) { r.timeout_ms = 600'001; }},
    {"TimeoutHuge", malformed, [](StartRequest& r) { r.timeout_ms = 0xffffffff; }},
    {"NameUnterminated", malformed,
     [](StartRequest& r) { std::memset(r.peer_name.bytes, 'x', sizeof r.peer_name.bytes); }},
    {"NameWithATail", malformed, [](StartRequest& r) { r.peer_name.bytes[255] = 'x'; }},
    {"ClientWithoutAName", "peer-name-missing",
     [](StartRequest& r) { r.role = wire::Role::Client; }},
    {"NameWithControlCharacters", "peer-name-invalid",
     [](StartRequest& r) {
       r.role = wire::Role::Client;
       r.peer_name.assign_cut("a\n\x1b[2Jb");
     }},
};

class AgentAbuseRequest : public AgentAbuse, public testing::WithParamInterface<BadRequest> {};

TEST_P(AgentAbuseRequest, IsRefused) {
  const Pair pair = test::tcp_pair();
  auto request = good_request();
  GetParam().spoil(request);

  EXPECT_EQ(answer_to(bytes_of(request), {pair.ours.get()}), GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(All, AgentAbuseRequest, testing::ValuesIn(bad_requests),
                         [](const auto& test) { return test.param.name; });

} // namespace
} // namespace ktls
