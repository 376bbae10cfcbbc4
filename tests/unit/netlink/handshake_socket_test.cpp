// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/handshake_socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "netlink/fake_port.hpp"
#include "netlink/netlink_bytes.hpp"

namespace ktls {
namespace {

using test::accept;
using test::attribute;
using test::Buffer;
using test::Datagram;
using test::FakePort;
using test::family_message;
using test::join;
using test::raw;
using test::ready;
using test::Script;
using test::status_message;

// A descriptor as the kernel puts it into our table.
int new_descriptor() {
  return ::open("/", O_PATH | O_CLOEXEC);
}
bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

Buffer reply(std::uint32_t sequence, int fd, const Buffer& more = {}) {
  return family_message(
      accept, sequence,
      join({attribute(1, static_cast<std::uint32_t>(fd)), attribute(3, 2), attribute(5, 3), more}));
}

class HandshakeSocketTest : public testing::Test {
protected:
  void notified(Datagram datagram) { notifications.answers.emplace_back(std::move(datagram)); }
  void answered(Datagram datagram) { commands.answers.emplace_back(std::move(datagram)); }
  // The policy of a kernel that takes tags; uses sequence number 1.
  void kernel_takes_tags() {
    const auto policy = [](const Buffer& content) {
      return test::message(
          16, 1,
          join({raw(std::uint8_t{10}), raw(std::uint8_t{2}), raw(std::uint16_t{0}), content}));
    };
    answered({join({policy(attribute(9, attribute(3, attribute(1, 1)))),
                    policy(attribute(8, attribute(1, attribute(4, attribute(1, 11))))),
                    test::message(3, 1, raw(0))})});
    EXPECT_TRUE(socket.probe()->tags);
  }

  Script notifications;
  Script commands;
  HandshakeSocket socket{28, std::make_unique<FakePort>(notifications),
                         std::make_unique<FakePort>(commands)};
};

const Buffer ready_message = family_message(ready, 0, attribute(2, 1));

TEST_F(HandshakeSocketTest, CountsNotifications) {
  notified({ready_message});
  notified({join({ready_message, ready_message})});

  const auto found = socket.drain_notifications().value();

  EXPECT_EQ(found.ready, 3U);
  EXPECT_FALSE(found.resynchronise);
}

TEST_F(HandshakeSocketTest, ResynchronisesAfterAnOverrun) {
  notifications.answers.emplace_back(ENOBUFS);
  notified({ready_message});

  const auto found = socket.drain_notifications().value();

  EXPECT_EQ(found.ready, 1U) << "what is behind the overrun is read too";
  EXPECT_TRUE(found.resynchronise);
}

TEST_F(HandshakeSocketTest, ResynchronisesAfterWhatItDoesNotUnderstand) {
  notified({Buffer(3)});
  EXPECT_TRUE(socket.drain_notifications()->resynchronise);
}

TEST_F(HandshakeSocketTest, IgnoresNotificationsOfProcesses) {
  notified({ready_message, false});
  notified({Buffer(3), false});

  const auto found = socket.drain_notifications().value();

  EXPECT_EQ(found.ready, 0U);
  EXPECT_FALSE(found.resynchronise);
}

TEST_F(HandshakeSocketTest, LetsOthersRunInAFlood) {
  for (int i = 0; i < 5000; ++i)
    notified({ready_message});

  EXPECT_EQ(socket.drain_notifications()->ready, 1024U);
}

TEST_F(HandshakeSocketTest, ReportsANotificationSocketThatFails) {
  notifications.answers.emplace_back(EBADF);
  EXPECT_EQ(socket.drain_notifications().error().code.value(), EBADF);
}

TEST_F(HandshakeSocketTest, AcceptsARequest) {
  const int fd = new_descriptor();
  answered({reply(1, fd)});

  auto handshake = socket.accept().value();

  ASSERT_TRUE(handshake);
  EXPECT_EQ(handshake->socket.get(), fd);
  EXPECT_EQ(handshake->parameters.message_type, MessageType::ServerHello);
}

TEST_F(HandshakeSocketTest, GivesNoneWhenNoneWaits) {
  answered({status_message(1, -EAGAIN)});
  EXPECT_FALSE(socket.accept().value());
}

TEST_F(HandshakeSocketTest, ReportsTheKernelsRefusal) {
  answered({status_message(1, -EPERM)});
  EXPECT_EQ(socket.accept().error().code, std::errc::operation_not_permitted);
}

TEST_F(HandshakeSocketTest, TakesNoReplyFromAProcess) {
  const int fd = new_descriptor();
  answered({reply(1, fd), false});
  answered({status_message(1, -EAGAIN)});

  EXPECT_FALSE(socket.accept().value());
  EXPECT_TRUE(is_open(fd)) << "a number that a process made up is nothing of ours to close";
  (void)::close(fd);
}

TEST_F(HandshakeSocketTest, EndsTheHandshakeOfAStaleReply) {
  const int stale = new_descriptor();
  const int fresh = new_descriptor();
  answered({reply(0, stale)});
  answered({reply(1, fresh)});
  answered({status_message(2, 0)});

  const auto handshake = socket.accept().value();

  ASSERT_TRUE(handshake);
  EXPECT_EQ(handshake->socket.get(), fresh);
  EXPECT_FALSE(is_open(stale));
  ASSERT_EQ(commands.sent.size(), 2U);
  EXPECT_EQ(commands.sent[1], build_done(28, 2, {stale, EIO, std::nullopt, {}}));
}

TEST_F(HandshakeSocketTest, EndsTheHandshakeOfAMalformedReply) {
  const int fd = new_descriptor();
  answered({family_message(accept, 1, attribute(1, static_cast<std::uint32_t>(fd)))});
  answered({status_message(2, 0)});

  EXPECT_FALSE(socket.accept());

  EXPECT_FALSE(is_open(fd));
  EXPECT_EQ(commands.sent.size(), 2U);
}

TEST_F(HandshakeSocketTest, TakesNoReplyThatWasCutOff) {
  const int fd = new_descriptor();
  answered({reply(1, fd), true, true});

  EXPECT_FALSE(socket.accept());
  EXPECT_FALSE(is_open(fd));
}

TEST_F(HandshakeSocketTest, GivesUpOnAKernelThatIsSilent) {
  EXPECT_EQ(socket.accept().error().code, std::errc::timed_out);
}

TEST_F(HandshakeSocketTest, ClosesWhatCameBeforeAnError) {
  const int stale = new_descriptor();
  answered({reply(0, stale)});
  commands.answers.emplace_back(ENOBUFS);

  EXPECT_EQ(socket.accept().error().code.value(), ENOBUFS);
  EXPECT_FALSE(is_open(stale));
}

TEST_F(HandshakeSocketTest, DoesNotReadForeignDatagramsForEver) {
  for (int i = 0; i < 1000; ++i)
    answered({status_message(1, 0), false});

  EXPECT_EQ(socket.accept().error().code, std::errc::timed_out);
  EXPECT_EQ(commands.received, 64);
}

TEST_F(HandshakeSocketTest, ReportsTheEndOfAHandshake) {
  answered({status_message(1, 0)});

  EXPECT_TRUE(socket.done(5, 0, 1, {"not to be sent"}));
  EXPECT_EQ(commands.sent.at(0), build_done(28, 1, {5, 0, 1, {}}));
}

TEST_F(HandshakeSocketTest, ReportsAConsumerThatGaveUp) {
  answered({status_message(1, -EBUSY)});
  EXPECT_EQ(socket.done(5, 0, 1, {}).error().code, std::errc::device_or_resource_busy);
}

TEST_F(HandshakeSocketTest, SendsTagsToAKernelThatTakesThem) {
  kernel_takes_tags();
  answered({status_message(2, 0)});

  EXPECT_TRUE(socket.done(5, 0, 1, {"staff", "admins"}));

  EXPECT_EQ(commands.sent.at(1), build_done(28, 2, {5, 0, 1, {"staff", "admins"}}));
}

TEST_F(HandshakeSocketTest, SendsNoTagsOfAFailure) {
  kernel_takes_tags();
  answered({status_message(2, 0)});

  EXPECT_TRUE(socket.done(5, EACCES, std::nullopt, {"staff"}));

  EXPECT_EQ(commands.sent.at(1), build_done(28, 2, {5, EACCES, std::nullopt, {}}));
}

TEST_F(HandshakeSocketTest, TriesOnceMoreWithoutTagsThatAreRefused) {
  kernel_takes_tags();
  answered({status_message(2, -EINVAL)});
  answered({status_message(3, 0)});

  EXPECT_TRUE(socket.done(5, 0, 1, {"staff"}));

  ASSERT_EQ(commands.sent.size(), 3U);
  EXPECT_EQ(commands.sent[2], build_done(28, 3, {5, 0, 1, {}}));
}

TEST_F(HandshakeSocketTest, TriesNothingElseAgain) {
  kernel_takes_tags();
  answered({status_message(2, -EBUSY)});
  answered({status_message(3, -EINVAL)});

  EXPECT_FALSE(socket.done(5, 0, 1, {"staff"}));
  EXPECT_FALSE(socket.done(5, 0, 1, {}));
  EXPECT_EQ(commands.sent.size(), 3U);
}

TEST_F(HandshakeSocketTest, BelievesALimitOfTagsOnlyOfAKernelWithTags) {
  answered({reply(1, new_descriptor(), attribute(10, 5))});
  EXPECT_EQ(socket.accept().value()->parameters.max_tags, std::nullopt);
}

TEST_F(HandshakeSocketTest, PassesTheLimitOfTags) {
  kernel_takes_tags();
  answered({reply(2, new_descriptor(), attribute(10, 5))});

  EXPECT_EQ(socket.accept().value()->parameters.max_tags, 5U);
}

TEST_F(HandshakeSocketTest, AssumesNothingWithoutAPolicy) {
  answered({status_message(1, -EOPNOTSUPP)});
  EXPECT_FALSE(socket.probe());
  answered({Buffer(3)});
  EXPECT_FALSE(socket.probe());
  EXPECT_EQ(socket.probe().error().code, std::errc::timed_out);

  answered({status_message(4, 0)});
  EXPECT_TRUE(socket.done(5, 0, std::nullopt, {"staff"}));
  EXPECT_EQ(commands.sent.back(), build_done(28, 4, {5, 0, std::nullopt, {}}));
}

// Real sockets, of a protocol that processes may use among themselves.
class NetlinkSocketTest : public testing::Test {
protected:
  static std::uint32_t port_of(const NetlinkSocket& socket) {
    sockaddr_nl address{};
    socklen_t size = sizeof(address);
    EXPECT_EQ(::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    return address.nl_pid;
  }
  // From a process, to the port that a HandshakeSocket listens at.
  void spoof(const Buffer& bytes) {
    sockaddr_nl to{};
    to.nl_family = AF_NETLINK;
    to.nl_pid = port;
    (void)::sendto(sender.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                   reinterpret_cast<sockaddr*>(&to), sizeof(to));
  }

  NetlinkSocket sender = NetlinkSocket::create(NETLINK_USERSOCK).value();
  std::unique_ptr<NetlinkSocket> receiver =
      std::make_unique<NetlinkSocket>(NetlinkSocket::create(NETLINK_USERSOCK).value());
  std::uint32_t port = port_of(*receiver);
};

TEST_F(NetlinkSocketTest, TellsAProcessFromTheKernel) {
  std::array<std::byte, 256> buffer;
  spoof(ready_message);

  const auto received = receiver->receive(buffer);

  ASSERT_TRUE(received);
  EXPECT_FALSE(received->from_kernel);
  EXPECT_EQ(received->bytes.size(), ready_message.size());
}

TEST_F(NetlinkSocketTest, TakesNothingFromAProcessOnceItIsConnected) {
  sockaddr_nl to{};
  to.nl_family = AF_NETLINK;
  to.nl_pid = port;
  const auto send = [&] {
    return ::sendto(sender.fd(), ready_message.data(), ready_message.size(), 0,
                    reinterpret_cast<sockaddr*>(&to), sizeof(to));
  };
  ASSERT_GT(send(), 0);

  ASSERT_TRUE(receiver->connect_to_kernel());

  EXPECT_EQ(send(), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
}

TEST_F(NetlinkSocketTest, TellsWhatWasCutOff) {
  std::array<std::byte, 8> buffer;
  spoof(ready_message);

  EXPECT_TRUE(receiver->receive(buffer)->cut_off);
}

TEST_F(NetlinkSocketTest, TakesWhatIsThereAndNoMore) {
  NetlinkPort::Batch buffer;
  EXPECT_EQ(receiver->receive_waiting(buffer).error(), EAGAIN);
  spoof(ready_message);
  spoof(Buffer(NetlinkPort::batch_size + 4));
  spoof(join({ready_message, ready_message}));

  const auto received = receiver->receive_waiting(buffer).value();

  ASSERT_EQ(received.size(), 3U);
  EXPECT_TRUE(std::ranges::equal(received[0].bytes, ready_message));
  EXPECT_FALSE(received[0].cut_off);
  EXPECT_TRUE(received[1].cut_off);
  EXPECT_EQ(received[2].bytes.size(), 2 * ready_message.size());
  EXPECT_FALSE(received[2].from_kernel);
  EXPECT_EQ(receiver->receive_waiting(buffer).error(), EAGAIN);
}

TEST_F(NetlinkSocketTest, TakesWhatIsThereInBatches) {
  NetlinkPort::Batch buffer;
  for (std::size_t i = 0; i < NetlinkPort::max_batch + 1; ++i)
    spoof(ready_message);

  EXPECT_EQ(receiver->receive_waiting(buffer)->size(), NetlinkPort::max_batch);
  EXPECT_EQ(receiver->receive_waiting(buffer)->size(), 1U);
}

TEST_F(NetlinkSocketTest, TakesNoSpoofedNotification) {
  spoof(ready_message);
  Script none;
  HandshakeSocket socket(28, std::move(receiver), std::make_unique<FakePort>(none));

  const auto found = socket.drain_notifications().value();

  EXPECT_EQ(found.ready, 0U);
  EXPECT_FALSE(found.resynchronise);
}

TEST_F(NetlinkSocketTest, ResynchronisesAfterARealOverrun) {
  constexpr int tiny = 2304;
  constexpr int group = 1;
  ASSERT_TRUE(receiver->set_buffer_size(tiny));
  ASSERT_TRUE(receiver->subscribe(group));
  sockaddr_nl all{};
  all.nl_family = AF_NETLINK;
  all.nl_groups = 1;
  for (int i = 0; i < 64; ++i)
    (void)::sendto(sender.fd(), ready_message.data(), ready_message.size(), MSG_DONTWAIT,
                   reinterpret_cast<sockaddr*>(&all), sizeof(all));
  Script none;
  HandshakeSocket socket(28, std::move(receiver), std::make_unique<FakePort>(none));

  EXPECT_TRUE(socket.drain_notifications()->resynchronise);
  EXPECT_FALSE(socket.drain_notifications()->resynchronise) << "once";
}

} // namespace
} // namespace ktls
