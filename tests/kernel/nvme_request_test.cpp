// SPDX-License-Identifier: GPL-2.0-or-later
// NVMe/TCP's requests for pre-shared keys, whole: from the bytes that the kernel would send to
// those that it is answered with, and in between the agent's real processes, keys in a keyring,
// OpenSSL as the peer, and kernel TLS. The lab's kernels have no NVMe.
//
// KTLS_HELPERS  the directory of ktlsd-worker and ktlsd-signer
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <deque>

#include "broker/broker.hpp"
#include "broker/test_generation.hpp"
#include "netlink/netlink_port.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"
#include "unit/broker/test_keys.hpp"
#include "unit/netlink/netlink_bytes.hpp"

namespace ktls {
namespace {

using test::attribute;
using test::Buffer;

const std::string host_identity = "NVMe1R01 nqn.2014-08.org.nvmexpress:uuid:1 nqn.sub digest=";
const std::string key(32, 'k');
const std::string key_as_hexadecimal = [] {
  std::string text;
  for (const char c : key)
    text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}();

constexpr std::uint16_t family = 28;
constexpr std::uint32_t client_hello = 1;
constexpr std::uint32_t server_hello = 2;

// The kernel's end of the command socket: hands requests out, and notes how they ended.
struct Kernel {
  std::deque<Buffer> requests; // attributes of ACCEPT's reply
  std::vector<Buffer> done;    // whole messages
};

class KernelPort final : public NetlinkPort {
public:
  KernelPort(Kernel& kernel, int fd) : kernel_(kernel), fd_(fd) {}
  [[nodiscard]] int fd() const override { return fd_; }
  Result<> send(std::span<const std::byte> request) override {
    constexpr std::size_t sequence_at = 8;
    constexpr std::size_t command_at = 16;
    std::uint32_t sequence = 0;
    std::memcpy(&sequence, request.data() + sequence_at, sizeof sequence);
    const auto command = std::to_integer<std::uint8_t>(request[command_at]);
    if (command == 2 && !kernel_.requests.empty()) {
      reply_ = test::family_message(2, sequence, kernel_.requests.front());
      kernel_.requests.pop_front();
    } else if (command == 2) {
      reply_ = test::status_message(sequence, -EAGAIN);
    } else {
      if (command == 3)
        kernel_.done.emplace_back(request.begin(), request.end());
      reply_ = test::status_message(sequence, command == 3 ? 0 : -EOPNOTSUPP);
    }
    return {};
  }
  // As for notifications there is nothing.
  tl::expected<std::vector<Received>, int> receive_waiting(Batch&) override {
    return tl::make_unexpected(EAGAIN);
  }
  tl::expected<Received, int> receive(std::span<std::byte> buffer) override {
    if (reply_.empty())
      return tl::make_unexpected(EAGAIN);
    std::ranges::copy(reply_, buffer.begin());
    return Received{buffer.first(std::exchange(reply_, {}).size()), true, false};
  }
  Result<> subscribe(int) override { return {}; }

private:
  Kernel& kernel_;
  int fd_;
  Buffer reply_;
};

// OpenSSL, with a pipe to its standard input and one from its output.
class OpenSsl {
public:
  explicit OpenSsl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    std::vector<char*> raw;
    raw.reserve(arguments.size() + 1);
    for (auto& argument : arguments)
      raw.push_back(argument.data());
    raw.push_back(nullptr);
    auto pair = test::unix_pair();
    ours_ = std::move(pair.ours);
    posix_spawn_file_actions_t files{};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, pair.peers.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, pair.peers.get(), STDOUT_FILENO);
    EXPECT_EQ(::posix_spawnp(&pid_, "openssl", &files, nullptr, raw.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
  }
  OpenSsl(const OpenSsl&) = delete;
  OpenSsl& operator=(const OpenSsl&) = delete;
  ~OpenSsl() {
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] int fd() const { return ours_.get(); }

private:
  pid_t pid_ = 0;
  Fd ours_;
};

std::string read_line(int fd) {
  std::string line;
  timeval limit{20, 0};
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  char c = 0;
  while (::recv(fd, &c, 1, 0) == 1 && c != '\n')
    line += c;
  return line;
}

void write_line(int fd, const std::string& line) {
  const std::string text = line + '\n';
  EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

constexpr const char* keyring_policy = R"(
[profile.host]
handshake_role = "client"
psk = "keyring"
[profile.target]
handshake_role = "server"
psk = "keyring"
[[rule]]
name = "host"
origin = "kernel"
role = "client"
profile = "host"
[[rule]]
name = "target"
origin = "kernel"
role = "server"
profile = "target"
)";

class NvmeRequest : public testing::Test {
protected:
  NvmeRequest() {
    const KernelSuites suites{{}, {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"}, false};
    auto policy = test::policy_of("[agent]\nworkers = 1\nsocket = \"" +
                                  directory_.file("agent.sock") + "\"\n" + keyring_policy);
    auto snapshot = load_snapshot(policy, suites).value();
    configuration_.emplace(Configuration{std::move(policy), std::move(snapshot)});
    std::vector<KernelSource> sources;
    sources.push_back(
        {"", HandshakeSocket(family, std::make_unique<KernelPort>(kernel_, events_.ours.get()),
                             std::make_unique<KernelPort>(kernel_, -1))});
    broker_ = std::make_unique<Broker>(
        loop_, Broker::Options{{}, suites, std::getenv("KTLS_HELPERS")}, std::move(sources),
        std::vector<TcpSockets>{}, [this] { serving_ = true; });
  }

  // Gives the agent a request, and waits for its DONE.
  Buffer answer(int socket, std::uint32_t message_type, const std::vector<Buffer>& more) {
    Buffer attributes =
        test::join({attribute(1, static_cast<std::uint32_t>(::dup(socket))),
                    attribute(3, message_type), attribute(4, 10'000U), attribute(5, 2U),
                    attribute(9, static_cast<std::uint32_t>(keyring_.serial()))});
    for (const auto& part : more)
      attributes.insert(attributes.end(), part.begin(), part.end());
    kernel_.requests.push_back(std::move(attributes));
    broker_->start(std::move(*configuration_));
    pump_.until([this] { return !kernel_.done.empty(); });
    return kernel_.done.empty() ? Buffer{} : kernel_.done.front();
  }

  // That the kernel was told this, of whichever descriptor.
  static void expect_done(const Buffer& message, int status, std::optional<KeySerial> peer) {
    const auto datagram = [](const Buffer& bytes) {
      constexpr std::size_t attributes_at = 20;
      return Buffer(bytes.begin() + attributes_at, bytes.end());
    };
    ASSERT_GE(message.size(), 36U);
    std::int32_t descriptor = -1;
    constexpr std::size_t descriptor_at = 20 + 8 + 4; // behind the status
    std::memcpy(&descriptor, message.data() + descriptor_at, sizeof descriptor);
    EXPECT_EQ(datagram(message), datagram(build_done(family, 0, {descriptor, status, peer, {}})));
  }

  // A connection from OpenSSL's s_client to us.
  Fd accept_from(const Fd& listener) {
    return Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  test::TemporaryDirectory directory_;
  test::Pair events_ = test::unix_pair();
  Kernel kernel_;
  test::Keyring keyring_;
  EventLoop loop_ = EventLoop::create().value();
  test::Pump pump_{loop_};
  bool serving_ = false;
  std::optional<Configuration> configuration_;
  std::unique_ptr<Broker> broker_;
};

struct Listener {
  Listener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket.get(), any, size), 0);
    EXPECT_EQ(::listen(socket.get(), 1), 0);
    EXPECT_EQ(::getsockname(socket.get(), any, &size), 0);
    port = ntohs(address.sin_port);
  }
  Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port = 0;
};

Fd connect_to(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  for (int i = 0; i < 200; ++i) {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return socket;
    constexpr timespec moment{0, 50'000'000}; // until the peer listens
    (void)::nanosleep(&moment, nullptr);
  }
  return {};
}

std::vector<std::string> s_client(int port, const std::string& identity,
                                  const std::string& its_key = key_as_hexadecimal) {
  return {"s_client", "-quiet", "-tls1_3",       "-connect", "127.0.0.1:" + std::to_string(port),
          "-psk",     its_key,  "-psk_identity", identity};
}

TEST_F(NvmeRequest, OfATargetIsAnsweredFromItsKeyring) {
  const auto serial = keyring_.add(host_identity, key);
  const Listener listener;
  const OpenSsl host(s_client(listener.port, host_identity));
  const Fd socket = accept_from(listener.socket);

  const auto done = answer(socket.get(), server_hello, {});

  expect_done(done, 0, serial);
  write_line(host.fd(), "from the host");
  EXPECT_EQ(read_line(socket.get()), "from the host") << "through kernel TLS";
  write_line(socket.get(), "from the target");
  EXPECT_EQ(read_line(host.fd()), "from the target");
}

// All identities of a request count: here the first cannot be used with this GnuTLS, or the peer
// takes it.
TEST_F(NvmeRequest, OfAHostUsesAnIdentityThatItCan) {
  const auto unusable = keyring_.add("NVMe1R02 nqn.host nqn.sub digest=", "too short");
  const auto serial = keyring_.add(host_identity, key);
  const Listener place; // for a port that is free
  const int port = place.port + 1;
  const OpenSsl target({"s_server", "-quiet", "-tls1_3", "-nocert", "-num_tickets", "0", "-naccept",
                        "1", "-accept", std::to_string(port), "-psk", key_as_hexadecimal,
                        "-psk_identity", host_identity});
  const Fd socket = connect_to(port);
  ASSERT_TRUE(socket);

  const auto done = answer(socket.get(), client_hello,
                           {attribute(6, static_cast<std::uint32_t>(unusable)),
                            attribute(6, static_cast<std::uint32_t>(serial))});

  expect_done(done, 0, serial);
  write_line(socket.get(), "from the host");
  EXPECT_EQ(read_line(target.fd()), "from the host");
  write_line(target.fd(), "from the target");
  EXPECT_EQ(read_line(socket.get()), "from the target");
}

TEST_F(NvmeRequest, OfATargetRefusesAnUnknownHost) {
  (void)keyring_.add(host_identity, key);
  const Listener listener;
  const OpenSsl host(s_client(listener.port, "NVMe1R01 nqn.mallory nqn.sub digest="));
  const Fd socket = accept_from(listener.socket);

  const auto done = answer(socket.get(), server_hello, {});

  expect_done(done, EKEYREJECTED, std::nullopt);
}

TEST_F(NvmeRequest, OfATargetRefusesAnotherKey) {
  (void)keyring_.add(host_identity, key);
  const Listener listener;
  const OpenSsl host(s_client(listener.port, host_identity, std::string(64, '7')));
  const Fd socket = accept_from(listener.socket);

  const auto done = answer(socket.get(), server_hello, {});

  expect_done(done, EKEYREJECTED, std::nullopt);
}

} // namespace
} // namespace ktls
