// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/connection.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <string>

#include "support/pump.hpp"
#include "support/sockets.hpp"

namespace ktls::ipc {
namespace {

// Large, so that few of them fill the other end.
struct Numbered {
  std::uint32_t number;
  std::array<std::byte, 4092> padding;
};

std::uint32_t number_of(const Packet& packet) {
  Numbered message{};
  EXPECT_EQ(packet.data.size(), sizeof message);
  std::memcpy(&message, packet.data.data(), std::min(packet.data.size(), sizeof message));
  return message.number;
}

class ConnectionTest : public testing::Test {
protected:
  ConnectionTest() {
    auto [ours, peers] = Channel::pair().value();
    peer = std::move(peers);
    Connection::Handlers handlers;
    handlers.on_packet = [this](Packet packet) { on_packet(std::move(packet)); };
    handlers.on_closed = [this] { on_closed(); };
    handlers.on_sent = [this] {
      ++emptied;
      on_sent();
    };
    connection = Connection::create(loop, std::move(ours), std::move(handlers)).value();
  }
  void peer_sends(std::uint32_t number) {
    const Numbered message{number, {}};
    EXPECT_EQ(peer.send(std::as_bytes(std::span(&message, 1))), true);
  }
  // Until one has to wait in the queue.
  std::uint32_t fill() {
    constexpr std::uint32_t many = 500;
    for (std::uint32_t i = 0; i < many; ++i)
      EXPECT_TRUE(connection->send(Numbered{i, {}}));
    return many;
  }
  // All that the peer is sent, by and by.
  std::vector<Packet> drain_peer() {
    std::vector<Packet> all;
    for (auto next = peer.receive().value(); std::holds_alternative<Packet>(next);
         next = peer.receive().value()) {
      all.push_back(std::move(std::get<Packet>(next)));
      pump.until_idle();
    }
    return all;
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  Channel peer{Fd()};
  std::vector<std::uint32_t> received;
  int closed = 0;
  std::function<void(Packet)> on_packet = [this](const Packet& p) {
    received.push_back(number_of(p));
  };
  std::function<void()> on_closed = [this] { ++closed; };
  int emptied = 0;
  std::function<void()> on_sent = [] {};
  std::unique_ptr<Connection> connection;
};

TEST_F(ConnectionTest, DeliversInOrder) {
  peer_sends(1);
  peer_sends(2);

  pump.until_idle();

  EXPECT_EQ(received, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(closed, 0);
}

TEST_F(ConnectionTest, LeavesOthersTheirTurn) {
  int turns_of_others = 0;
  const auto other = test::unix_pair();
  const auto source =
      loop.on_io(other.ours.get(), EPOLLOUT, [&](std::uint32_t) { ++turns_of_others; });
  for (std::uint32_t i = 0; i < 20; ++i)
    peer_sends(i);

  pump.until([this] { return received.size() == 20; });

  EXPECT_GE(turns_of_others, 19);
}

TEST_F(ConnectionTest, SendsAtOnceToAPeerThatHasRoom) {
  EXPECT_TRUE(connection->send(Numbered{7, {}}));

  EXPECT_EQ(number_of(std::get<Packet>(peer.receive().value())), 7U);
}

TEST_F(ConnectionTest, QueuesForASlowPeerAndKeepsTheOrder) {
  const auto sent = fill();

  const auto all = drain_peer();

  ASSERT_EQ(all.size(), sent);
  for (std::uint32_t i = 0; i < sent; ++i)
    EXPECT_EQ(number_of(all[i]), i);
}

TEST_F(ConnectionTest, TellsWhenAllHasBeenSent) {
  (void)fill();
  EXPECT_FALSE(connection->has_sent_all());

  (void)drain_peer();

  EXPECT_TRUE(connection->has_sent_all());
  EXPECT_EQ(emptied, 1);
}

TEST_F(ConnectionTest, MayBeDestroyedWhenAllHasBeenSent) {
  const auto sent = fill();
  on_sent = [this] { connection.reset(); };

  EXPECT_EQ(drain_peer().size(), sent);
  EXPECT_EQ(connection, nullptr);
}

TEST_F(ConnectionTest, KeepsTheOrderWhenThePeerHasRoomBeforeTheQueueIsEmpty) {
  const auto sent = fill();
  (void)peer.receive();

  EXPECT_TRUE(connection->send(Numbered{sent, {}}));

  EXPECT_EQ(number_of(drain_peer().back()), sent);
}

TEST_F(ConnectionTest, IsIdleAgainWhenTheQueueIsEmpty) {
  (void)fill();
  (void)drain_peer();

  EXPECT_FALSE(pump.once());
}

TEST_F(ConnectionTest, RefusesMoreThanItsLimit) {
  std::size_t taken = 0;
  Result<> last;

  for (; last && taken < 2 * Connection::max_queued_messages; ++taken)
    last = connection->send(Numbered{});

  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, std::errc::no_buffer_space);
  EXPECT_GT(taken, Connection::max_queued_messages);
}

TEST_F(ConnectionTest, QueuedDescriptorSurvivesTheOriginal) {
  const auto before = test::count_descriptors();
  auto other = test::unix_pair();
  struct stat original {};
  ASSERT_EQ(::fstat(other.ours.get(), &original), 0);
  (void)fill();

  EXPECT_TRUE(connection->send(Numbered{}, other.ours.get()));
  other.ours.reset();
  other.peers.reset();
  auto last = std::move(drain_peer().back());

  ASSERT_EQ(last.descriptors.size(), 1U);
  struct stat received_status {};
  ASSERT_EQ(::fstat(last.descriptors[0].get(), &received_status), 0);
  EXPECT_EQ(received_status.st_ino, original.st_ino);
  last.descriptors.clear();
  EXPECT_EQ(test::count_descriptors(), before);
}

TEST_F(ConnectionTest, RefusesToQueueABadDescriptor) {
  (void)fill();

  const auto sent = connection->send(Numbered{}, 1'000'000);

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, std::errc::bad_file_descriptor);
}

TEST_F(ConnectionTest, DeliversWhatCameBeforeTheEnd) {
  peer_sends(1);
  (void)Fd(peer.release());

  pump.until_idle();

  EXPECT_EQ(received, std::vector<std::uint32_t>{1});
  EXPECT_EQ(closed, 1);
}

TEST_F(ConnectionTest, ReportsTheEndOnce) {
  (void)Fd(peer.release());

  pump.until_idle();
  pump.until_idle();

  EXPECT_EQ(closed, 1);
}

TEST_F(ConnectionTest, ReportsTheEndOfAPeerThatNeverRead) {
  (void)fill();
  (void)Fd(peer.release());

  pump.until_idle();

  EXPECT_EQ(closed, 1);
}

TEST_F(ConnectionTest, MayBeDestroyedByItsPacketHandler) {
  int calls = 0;
  on_packet = [&](const Packet&) {
    ++calls;
    connection.reset();
  };
  peer_sends(1);
  peer_sends(2);

  pump.until_idle();

  EXPECT_EQ(calls, 1);
  EXPECT_EQ(closed, 0);
}

TEST_F(ConnectionTest, MayBeDestroyedByItsEndHandler) {
  on_closed = [this] {
    connection.reset();
    ++closed;
  };
  (void)Fd(peer.release());

  pump.until_idle();

  EXPECT_EQ(closed, 1);
}

TEST_F(ConnectionTest, ClosesItsEndWhenItGoes) {
  connection.reset();

  EXPECT_TRUE(std::holds_alternative<Closed>(peer.receive().value()));
}

} // namespace
} // namespace ktls::ipc
