// SPDX-License-Identifier: GPL-2.0-or-later
// What a hostile or broken application may do to agent.sock, tried on a running ktlsd.
//
// The environment is described in running_agent.hpp. After each test the broker and all below it
// must be the same processes as before and hold as many descriptors. The agent must be configured
// for both roles, or the handshakes here end with no-policy.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/mman.h>

#include <csignal>

#include "kernel/running_agent.hpp"

namespace ktls {
namespace {

using test::answer_to;
using test::await_census;
using test::Bytes;
using test::bytes_of;
using test::Census;
using test::Client;
using test::Clock;
using test::good_request;
using test::Pair;
using test::prompt;
using test::request_timeout;
using test::sees_end;
using test::setting;
using test::wait_readable;
using namespace std::chrono_literals;

// Lets the agent open what it opens once, so that the count begins after that.
class WarmUp : public testing::Environment {
  void SetUp() override {
    ASSERT_NE(setting("KTLS_AGENT_SOCKET"), "") << "name the agent's socket";
    ASSERT_NE(setting("KTLSD_PID"), "") << "name the agent's process";
    for (const auto role : {wire::Role::Client, wire::Role::Server}) {
      const Pair pair = test::tcp_pair();
      auto request = good_request(role);
      request.timeout_ms = 100;
      const Client client;
      client.send(bytes_of(request), {pair.ours.get()});
      EXPECT_EQ(client.reason(), "first-byte-timeout");
    }
  }
};
[[maybe_unused]] const auto* const warm_up = testing::AddGlobalTestEnvironment(new WarmUp);

class AgentAbuse : public testing::Test {
protected:
  void SetUp() override { before_ = test::settled_census(); }
  void TearDown() override {
    const Census after = await_census(before_, 3s);
    EXPECT_EQ(after, before_) << "descriptors of each process, or the processes, have changed";
  }

private:
  Census before_;
};

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

TEST_F(AgentAbuse, EndsAConnectionThatSaysNothing) {
  const Client silent;

  EXPECT_EQ(silent.reason(request_timeout() + prompt), "request-timeout");
  EXPECT_TRUE(silent.ends());
}

TEST_F(AgentAbuse, ServesOthersWhileManySayNothing) {
  const std::vector<Client> silent(64);

  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");

  const Pair pair = test::tcp_pair();
  const Client good;
  good.send(bytes_of(good_request(wire::Role::Client)), {pair.ours.get()});
  EXPECT_TRUE(wait_readable(pair.peers.get(), prompt)) << "no ClientHello";
}

TEST_F(AgentAbuse, SurvivesSendersThatDoNotWaitForTheAnswer) {
  const Pair pair = test::tcp_pair();
  for (int i = 0; i < 50; ++i) {
    const Client client;
    client.send(Bytes(5), {pair.ours.get()});
  }

  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

TEST_F(AgentAbuse, EndsAHandshakeWhoseApplicationVanishes) {
  Pair pair = test::tcp_pair();
  Client client;
  client.send(bytes_of(good_request(wire::Role::Client)), {pair.ours.get()});
  ASSERT_TRUE(wait_readable(pair.peers.get(), prompt)) << "no ClientHello";

  pair.ours.reset();
  client.close();

  EXPECT_TRUE(sees_end(pair.peers.get()));
}

TEST_F(AgentAbuse, ShutsDownTheSocketOfACancelledHandshake) {
  const Pair pair = test::tcp_pair();
  Client client;
  client.send(bytes_of(good_request(wire::Role::Client)), {pair.ours.get()});
  ASSERT_TRUE(wait_readable(pair.peers.get(), prompt)) << "no ClientHello";

  client.close();

  EXPECT_TRUE(sees_end(pair.peers.get()));
}

TEST_F(AgentAbuse, EndsManyHandshakesWhoseApplicationsVanish) {
  std::vector<Fd> peers;
  for (int i = 0; i < 40; ++i) {
    Pair pair = test::tcp_pair();
    const auto role = i % 2 == 0 ? wire::Role::Client : wire::Role::Server;
    const Client client;
    client.send(bytes_of(good_request(role)), {pair.ours.get()});
    peers.push_back(std::move(pair.peers));
  }

  for (const Fd& peer : peers)
    EXPECT_TRUE(sees_end(peer.get()));
}

TEST_F(AgentAbuse, TimesOutWhenThePeerSaysNothing) {
  const Pair pair = test::tcp_pair();
  const Client client;
  auto request = good_request();
  request.timeout_ms = 200;
  const auto begin = Clock::now();
  client.send(bytes_of(request), {pair.ours.get()});

  EXPECT_EQ(client.reason(), "first-byte-timeout");
  EXPECT_GE(Clock::now() - begin, 200ms);
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(sees_end(pair.peers.get()));
}

// The application's end lingers for an hour once its peer does not read.
Pair lingering_pair() {
  Pair pair = test::tcp_pair();
  const linger forever{1, 3600};
  EXPECT_EQ(setsockopt(pair.ours.get(), SOL_SOCKET, SO_LINGER, &forever, sizeof forever), 0);
  const Bytes block(65536);
  while (send(pair.ours.get(), block.data(), block.size(), MSG_DONTWAIT) > 0) {
  }
  return pair;
}

// Without the agent's care its close() would wait for a peer that reads nothing.
TEST_F(AgentAbuse, IsNotHeldUpByASocketThatLingers) {
  Pair pair = lingering_pair();
  const Client client;
  auto request = good_request();
  request.timeout_ms = 200;

  client.send(bytes_of(request), {pair.ours.get()});
  pair.ours.reset();

  EXPECT_EQ(client.reason(), "first-byte-timeout");
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

TEST_F(AgentAbuse, IsNotHeldUpByALingeringSocketInABadRequest) {
  Pair pair = lingering_pair();
  const Client client;

  client.send(Bytes(5), {pair.ours.get()});
  pair.ours.reset();

  EXPECT_EQ(client.reason(), "malformed-request");
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

// Keeps the agent from answering, and closing, before all is sent.
class Paused {
public:
  Paused() { EXPECT_EQ(kill(std::stoi(setting("KTLSD_PID")), SIGSTOP), 0); }
  ~Paused() { EXPECT_EQ(kill(std::stoi(setting("KTLSD_PID")), SIGCONT), 0); }
  Paused(const Paused&) = delete;
  Paused& operator=(const Paused&) = delete;
};

// Whether a message of the agent's comes to others within `prompt` shows that it is not held up.
TEST_F(AgentAbuse, IsNotHeldUpByALingeringSocketThatItNeverReads) {
  Pair pair = lingering_pair();
  const Client client;

  {
    const Paused agent;
    client.send(Bytes(5), {}); // is refused
    client.send({}, {});       // looks like the end
    client.send({}, {pair.ours.get()});
    client.send(bytes_of(good_request()), {pair.ours.get()});
    pair.ours.reset();
  }

  EXPECT_EQ(client.reason(), "malformed-request");
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

TEST_F(AgentAbuse, IsNotHeldUpByLingeringSocketsOfAnApplicationThatIsGone) {
  Pair pair = lingering_pair();
  {
    const Paused agent;
    const Client client;
    client.send({}, {});
    client.send(bytes_of(good_request()), {pair.ours.get()});
    pair.ours.reset();
  }

  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

// The kernel closes what the agent has no room for.
TEST_F(AgentAbuse, IsNotHeldUpByManyLingeringSocketsInOneMessage) {
  constexpr std::size_t most = 253; // SCM_MAX_FD
  Pair pair = lingering_pair();
  std::vector<int> descriptors(most - 1, STDERR_FILENO);
  descriptors.push_back(pair.ours.get());
  const Client client;

  {
    const Paused agent;
    client.send(bytes_of(good_request()), descriptors);
    pair.ours.reset();
  }

  EXPECT_EQ(client.reason(), "too-many-descriptors");
  EXPECT_EQ(answer_to(bytes_of(good_request()), {}), "missing-descriptor");
}

// Both ends are the agent's.
struct BothEnds {
  Pair pair = test::tcp_pair();
  Client client;
  Client server;
  void ask_client() const {
    client.send(bytes_of(good_request(wire::Role::Client)), {pair.ours.get()});
  }
  void ask_server() const { server.send(bytes_of(good_request()), {pair.peers.get()}); }
};

TEST_F(AgentAbuse, SecuresBothEnds) {
  const BothEnds ends;
  ends.ask_client();
  ends.ask_server();

  EXPECT_EQ(ends.client.reason(), "success");
  EXPECT_EQ(ends.server.reason(), "success");
}

// What an application writes meanwhile is the handshake's to stumble over, and nobody else's.
TEST_F(AgentAbuse, FailsAHandshakeIntoWhichItsApplicationWrites) {
  const BothEnds other;
  other.ask_client();
  ASSERT_TRUE(wait_readable(other.pair.peers.get(), prompt)) << "no ClientHello";
  const BothEnds ends;
  ends.ask_client();
  ASSERT_TRUE(wait_readable(ends.pair.peers.get(), prompt)) << "no ClientHello";
  const Bytes block(100, 'x');
  ASSERT_EQ(send(ends.pair.ours.get(), block.data(), block.size(), 0), 100);
  ends.ask_server();

  EXPECT_NE(ends.server.reason(), "success"); // a TLS 1.3 client is content before its server is
  other.ask_server();
  EXPECT_EQ(other.client.reason(), "success");
  EXPECT_EQ(other.server.reason(), "success");
}

TEST_F(AgentAbuse, FailsAHandshakeThatItsApplicationReads) {
  const BothEnds ends;
  ends.ask_client();
  ASSERT_TRUE(wait_readable(ends.pair.peers.get(), prompt)) << "no ClientHello";
  Bytes hello(10);
  ASSERT_EQ(recv(ends.pair.peers.get(), hello.data(), hello.size(), 0), 10);
  ends.ask_server();

  EXPECT_NE(ends.server.reason(), "success");
  EXPECT_NE(ends.client.reason(), "success");
}

TEST_F(AgentAbuse, FailsAHandshakeThatItsApplicationShutsDown) {
  const BothEnds ends;
  ends.ask_client();
  ASSERT_TRUE(wait_readable(ends.pair.peers.get(), prompt)) << "no ClientHello";
  ASSERT_EQ(shutdown(ends.pair.ours.get(), SHUT_RDWR), 0);

  const std::string reason = ends.client.reason();
  EXPECT_TRUE(reason == "peer-closed" || reason == "connection-reset") << reason;
}

// A listener that was passed by mistake still listens.
TEST_F(AgentAbuse, LeavesAlonePassedSocketsThatAreNotConnected) {
  const Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(listen(listener.get(), 1), 0);

  EXPECT_EQ(answer_to(bytes_of(good_request()), {listener.get()}), "listening");

  int listens = 0;
  socklen_t size = sizeof listens;
  ASSERT_EQ(getsockopt(listener.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size), 0);
  EXPECT_EQ(listens, 1);
}

TEST_F(AgentAbuse, DropsWhatFollowsARequest) {
  const Pair first = test::tcp_pair();
  const Pair second = test::tcp_pair();
  Client client;
  client.send(bytes_of(good_request(wire::Role::Client)), {first.ours.get()});
  ASSERT_TRUE(wait_readable(first.peers.get(), prompt)) << "no ClientHello";
  client.send(bytes_of(good_request(wire::Role::Client)), {second.ours.get()});
  EXPECT_FALSE(wait_readable(second.peers.get(), 200ms)) << "one connection carries one request";

  client.close();

  EXPECT_TRUE(sees_end(first.peers.get()));
}

} // namespace
} // namespace ktls
