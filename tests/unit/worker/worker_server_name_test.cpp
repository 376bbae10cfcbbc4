// SPDX-License-Identifier: GPL-2.0-or-later
// Handshakes whose profile the name decides that the peer asks for. Where this kernel has no TLS,
// a worker gives up before it looks for the name, and most of this is passed over; all of it is
// done by the scenario worker-units.
#include "worker/worker.hpp"

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "support/gnutls_peer.hpp"
#include "worker/worker_case.hpp"

namespace ktls {
namespace {

using test::GnutlsPeer;
using test::WorkerTest;

// RFC 8446, section 6; what of user_canceled comes first.
enum Alert : unsigned char { access_denied = 49, user_canceled = 90 };

bool kernel_has_tls() {
  const auto pair = test::tcp_pair();
  return ::setsockopt(pair.ours.get(), IPPROTO_TCP, TCP_ULP, "tls", 3) == 0;
}

std::string received_bytes(int socket) {
  std::string bytes(20'000, '\0');
  const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

// Those that wait for the other end's acknowledgement of earlier ones.
int unsent_bytes(int socket) {
  int size = 0;
  EXPECT_EQ(::ioctl(socket, SIOCOUTQNSD, &size), 0);
  return size;
}

// The first message of a client that asks for this name.
std::string client_hello(const std::string& name) {
  const auto pair = test::unix_pair();
  EXPECT_EQ(::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK), 0);
  GnutlsPeer client(pair.ours.get(), GnutlsPeer::Side::Client, test::tls12_rows[0]);
  EXPECT_EQ(gnutls_server_name_set(client.get(), GNUTLS_NAME_DNS, name.data(), name.size()), 0);
  (void)client.advance();
  return received_bytes(pair.peers.get());
}

ipc::StartHandshake undecided(std::uint64_t id) {
  auto message = test::handshake(id);
  message.peer_name = {};
  message.name_decides = 1;
  return message;
}

ipc::ChooseProfile choice(std::uint64_t id, Reason reason = Reason::Success,
                          std::uint32_t profile = 0) {
  auto message = wire::make<ipc::ChooseProfile>();
  message.timeout_ms = 60'000;
  message.id = id;
  message.profile = profile;
  message.reason = static_cast<std::uint16_t>(reason);
  return message;
}

TEST_F(WorkerTest, WantsItsConfigurationBeforeAChoice) {
  send(choice(1));

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, IgnoresAChoiceThatComesLate) {
  make_ready();

  send(choice(9));
  send(choice(9, Reason::PolicyDenied));

  EXPECT_FALSE(pump.exit_status());
}

TEST_F(WorkerTest, TakesNoChoiceWithoutAMeaning) {
  make_ready();
  auto unknown = choice(9);
  unknown.reason = 0xffff;

  send(unknown);

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, TakesNoNameThatIsItsOwnToTell) {
  make_ready();

  send(wire::make<ipc::ServerName>());

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerTest, NeedsNoProfileWhereTheNameDecides) {
  make_ready();
  const auto sockets = test::unix_pair(); // cannot have kernel TLS
  auto message = undecided(7);
  message.profile = 99; // says nothing

  send(message, sockets.ours.get());

  const auto finished = received<ipc::HandshakeFinished>();
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->id, 7U);
  EXPECT_EQ(finished->reason, static_cast<std::uint16_t>(Reason::KernelTlsUnavailable));
  EXPECT_TRUE(test::is_shut_down(sockets));
  EXPECT_FALSE(pump.exit_status());
}

// With a handshake that waits for the first message of its peer.
class WorkerServerNameTest : public WorkerTest {
protected:
  void SetUp() override {
    if (!kernel_has_tls())
      GTEST_SKIP() << "this kernel has no TLS";
    auto configuration = test::one_client();
    configuration.credentials = {
        {1, tls::certificates_from_pem(test::data("server.pem")).value(), {}}};
    auto& profile = configuration.profiles.front();
    profile.role = ipc::HandshakeRole::Server;
    profile.priority = "-VERS-ALL:+VERS-TLS1.2";
    profile.credentials = {0};
    configure(configuration);
    ASSERT_TRUE(received<ipc::WorkerReady>());
  }
  void begin(const ipc::StartHandshake& message = undecided(7)) {
    send(message, sockets.ours.get());
    sockets.ours = Fd(); // the worker has its own
    EXPECT_FALSE(received<ipc::HandshakeFinished>());
  }
  void say(const std::string& bytes) {
    test::send_bytes(sockets.peers.get(), bytes.data(), bytes.size());
    pump.until([this] { return unsent_bytes(sockets.peers.get()) == 0; });
    pump.until_idle();
  }
  // One by one, from byte `first` of the hello to before byte `end`.
  void say_bytes(std::size_t first, std::size_t end) {
    const int on = 1;
    ASSERT_EQ(::setsockopt(sockets.peers.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    for (std::size_t i = first; i < end; ++i)
      say(hello.substr(i, 1));
  }
  std::optional<std::string> told_name() {
    const auto message = received<ipc::ServerName>();
    if (!message)
      return std::nullopt;
    EXPECT_EQ(message->id, 7U);
    return std::string(message->name.view());
  }
  void expect_finished(Reason reason) {
    std::optional<ipc::HandshakeFinished> finished;
    pump.until([&] {
      if (!finished)
        finished = received<ipc::HandshakeFinished>();
      return finished.has_value();
    });
    ASSERT_TRUE(finished);
    EXPECT_EQ(finished->id, 7U);
    EXPECT_EQ(finished->reason, static_cast<std::uint16_t>(reason));
    EXPECT_EQ(finished->authenticated, 0U);
  }
  void expect_alert(Alert alert) {
    const auto got = received_bytes(sockets.peers.get());
    ASSERT_GE(got.size(), 7U);
    EXPECT_EQ(got[0], 21);
    EXPECT_EQ(static_cast<unsigned char>(got[6]), alert);
  }

  test::Pair sockets = test::tcp_pair();
  std::string hello = client_hello("DB.example.org");
};

TEST_F(WorkerServerNameTest, TellsTheNameOnceItIsThere) {
  begin();
  say(hello.substr(0, 1));
  say(hello.substr(1, 60));
  EXPECT_FALSE(told_name());

  say(hello.substr(61));

  EXPECT_EQ(told_name(), "db.example.org");
  EXPECT_FALSE(told_name()) << "once";
}

// Each piece is looked at, and 64 looks are allowed.
TEST_F(WorkerServerNameTest, LooksAsOftenAsItsLimitSays) {
  begin();
  say_bytes(0, 63);
  EXPECT_FALSE(told_name());

  say(hello.substr(63));

  EXPECT_EQ(told_name(), "db.example.org");
  send(choice(7));
  expect_finished(Reason::SignerUnavailable); // as with one in a single piece
}

TEST_F(WorkerServerNameTest, EndsAHelloInMorePieces) {
  auto others = test::tcp_pair();
  send(undecided(8), others.ours.get());
  others.ours = Fd();
  begin();
  say_bytes(0, 64);
  EXPECT_FALSE(received<ipc::HandshakeFinished>());

  say_bytes(64, 65);

  const auto finished = received<ipc::HandshakeFinished>();
  ASSERT_TRUE(finished) << "and nothing before it: no profile is asked for";
  EXPECT_EQ(finished->id, 7U);
  EXPECT_EQ(finished->reason, static_cast<std::uint16_t>(Reason::PeerProtocolError));
  EXPECT_EQ(finished->detail.view(), "the ClientHello comes in too many pieces");
  char byte = 0;
  EXPECT_EQ(::recv(sockets.peers.get(), &byte, 1, MSG_DONTWAIT), 0) << "the end";
  EXPECT_FALSE(pump.exit_status());
  // the other one goes on, with looks of its own
  test::send_bytes(others.peers.get(), hello.data(), hello.size());
  pump.until_idle();
  const auto asked = received<ipc::ServerName>();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->id, 8U);
}

TEST_F(WorkerServerNameTest, GoesOnWithTheProfileThatIsChosen) {
  begin();
  say(hello);
  ASSERT_TRUE(told_name());

  send(choice(7));

  expect_finished(Reason::SignerUnavailable); // it got as far as its signature
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(WorkerServerNameTest, EndsWithWhatThePolicySays) {
  begin();
  say(hello);
  ASSERT_TRUE(told_name());

  send(choice(7, Reason::PolicyDenied));

  expect_finished(Reason::PolicyDenied);
  expect_alert(access_denied);
  EXPECT_FALSE(pump.exit_status());
}

TEST_F(WorkerServerNameTest, TakesNoChoiceBeforeItHasAsked) {
  begin();
  say(hello.substr(0, 10));

  send(choice(7));

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerServerNameTest, TakesOneChoice) {
  auto [signer, workers_signer] = ipc::Channel::pair().value();
  send(wire::make<ipc::AttachSigner>(), workers_signer.fd());
  begin();
  say(hello);
  ASSERT_TRUE(told_name());
  send(choice(7)); // it waits for its signature now

  send(choice(7));

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerServerNameTest, WantsAProfileThatExists) {
  begin();
  say(hello);
  ASSERT_TRUE(told_name());

  send(choice(7, Reason::Success, 1));

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerServerNameTest, TakesNoChoiceWhereNoNameDecides) {
  auto message = test::handshake(7);
  message.peer_name = {};
  begin(message);

  send(choice(7));

  EXPECT_EQ(pump.exit_status(), 1);
}

TEST_F(WorkerServerNameTest, TellsThatThereIsNoName) {
  begin();

  say("GET / HTTP/1.1\r\n\r\n");

  EXPECT_EQ(told_name(), "");
  send(choice(7));
  expect_finished(Reason::PeerNotTls);
}

TEST_F(WorkerServerNameTest, AsksForAProfileWhenThePeerIsGone) {
  begin();
  sockets.peers = Fd();
  pump.until_idle();

  EXPECT_EQ(told_name(), "");
}

TEST_F(WorkerServerNameTest, CanBeCancelledMeanwhile) {
  begin();
  auto cancel = wire::make<ipc::CancelHandshake>();
  cancel.id = 7;

  send(cancel);

  expect_finished(Reason::Cancelled);
  expect_alert(user_canceled);
}

TEST_F(WorkerServerNameTest, WaitsForTheFirstByteAsLongAsItIsTold) {
  auto message = undecided(7);
  message.first_byte_ms = 1;

  send(message, sockets.ours.get()); // and it may be over already

  expect_finished(Reason::FirstByteTimeout);
}

TEST_F(WorkerServerNameTest, KnowsThatThePeerHasSaidSomething) {
  auto message = undecided(7);
  message.first_byte_ms = message.timeout_ms = 300;
  begin(message);
  say(hello.substr(0, 10));

  expect_finished(Reason::HandshakeTimeout);
}

} // namespace
} // namespace ktls
