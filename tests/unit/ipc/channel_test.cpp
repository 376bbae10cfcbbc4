// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/channel.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "support/sockets.hpp"

namespace ktls::ipc {
namespace {

using test::count_descriptors;

struct Ends {
  Channel ours;
  Channel peers;
};

Ends connected() {
  auto pair = Channel::pair().value();
  return {std::move(pair.first), std::move(pair.second)};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(const Packet& packet) {
  return {reinterpret_cast<const char*>(packet.data.data()), packet.data.size()};
}

Packet receive_packet(Channel& channel) {
  return std::get<Packet>(channel.receive().value());
}

bool same_file(int a, int b) {
  struct stat one {};
  struct stat other {};
  EXPECT_EQ(::fstat(a, &one), 0);
  EXPECT_EQ(::fstat(b, &other), 0);
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// As no Channel does: any number of descriptors in one message.
void send_descriptors(const Channel& channel, std::string_view text, std::size_t count) {
  const std::vector<int> fds(count, channel.fd());
  std::vector<char> control(CMSG_SPACE(count * sizeof(int)));
  iovec part{const_cast<char*>(text.data()), text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(count * sizeof(int));
  std::memcpy(CMSG_DATA(rights), fds.data(), count * sizeof(int));
  ASSERT_EQ(::sendmsg(channel.fd(), &header, MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

TEST(Channel, KeepsMessagesApart) {
  auto [ours, peers] = connected();

  EXPECT_EQ(ours.send(bytes_of("one")), true);
  EXPECT_EQ(ours.send(bytes_of("two")), true);

  EXPECT_EQ(text_of(receive_packet(peers)), "one");
  const auto second = receive_packet(peers);
  EXPECT_EQ(text_of(second), "two");
  EXPECT_TRUE(second.descriptors.empty());
  EXPECT_FALSE(second.data_truncated);
  EXPECT_FALSE(second.descriptors_truncated);
}

TEST(Channel, ReceivesNothingWhenNothingWasSent) {
  auto [ours, peers] = connected();

  EXPECT_TRUE(std::holds_alternative<Nothing>(ours.receive().value()));
}

TEST(Channel, CarriesADescriptorThatStaysTheSenders) {
  auto [ours, peers] = connected();
  const auto other = connected();

  EXPECT_EQ(ours.send(bytes_of("take this"), other.ours.fd()), true);
  const auto packet = receive_packet(peers);

  ASSERT_EQ(packet.descriptors.size(), 1U);
  const int received = packet.descriptors[0].get();
  EXPECT_NE(received, other.ours.fd());
  EXPECT_TRUE(same_file(received, other.ours.fd()));
  EXPECT_EQ(::fcntl(received, F_GETFD), FD_CLOEXEC);
}

TEST(Channel, GivesAllDescriptorsThatHaveRoom) {
  auto [ours, peers] = connected();
  const auto before = count_descriptors();

  send_descriptors(ours, "four", max_descriptors);
  auto packet = receive_packet(peers);

  EXPECT_EQ(packet.descriptors.size(), max_descriptors);
  EXPECT_FALSE(packet.descriptors_truncated);
  packet.descriptors.clear();
  EXPECT_EQ(count_descriptors(), before);
}

TEST(Channel, SaysWhenDescriptorsFoundNoRoomAndLeaksNone) {
  auto [ours, peers] = connected();
  const auto before = count_descriptors();

  send_descriptors(ours, "many", 100);
  auto packet = receive_packet(peers);

  EXPECT_TRUE(packet.descriptors_truncated);
  EXPECT_EQ(text_of(packet), "many");
  EXPECT_EQ(count_descriptors(), before + static_cast<std::ptrdiff_t>(packet.descriptors.size()));
  packet.descriptors.clear();
  EXPECT_EQ(count_descriptors(), before);
}

TEST(Channel, LeaksNoDescriptorOfAMessageThatNobodyLooksAt) {
  auto [ours, peers] = connected();
  const auto before = count_descriptors();
  send_descriptors(ours, "dropped", 2);

  (void)peers.receive();

  EXPECT_EQ(count_descriptors(), before);
}

TEST(Channel, SaysWhenDataWasCutOff) {
  auto [ours, peers] = connected();
  const std::string largest(max_message_size, 'x');

  EXPECT_EQ(ours.send(bytes_of(largest)), true);
  EXPECT_EQ(ours.send(bytes_of(largest + "y")), true);

  EXPECT_FALSE(receive_packet(peers).data_truncated);
  const auto cut = receive_packet(peers);
  EXPECT_TRUE(cut.data_truncated);
  EXPECT_EQ(cut.data.size(), max_message_size);
}

TEST(Channel, GivesWhatWasSentBeforeTheEnd) {
  auto [ours, peers] = connected();

  EXPECT_EQ(ours.send(bytes_of("last words")), true);
  (void)Fd(ours.release());

  EXPECT_EQ(text_of(receive_packet(peers)), "last words");
  EXPECT_TRUE(std::holds_alternative<Closed>(peers.receive().value()));
  EXPECT_TRUE(std::holds_alternative<Closed>(peers.receive().value()));
}

// Unread messages at the other end turn the end into a reset.
TEST(Channel, TakesAResetForTheEnd) {
  auto [ours, peers] = connected();

  EXPECT_EQ(ours.send(bytes_of("unread")), true);
  (void)Fd(peers.release());

  EXPECT_TRUE(std::holds_alternative<Closed>(ours.receive().value()));
}

TEST(Channel, TakesAnEmptyMessageForTheEnd) {
  auto [ours, peers] = connected();

  EXPECT_EQ(ours.send({}), true);

  EXPECT_TRUE(std::holds_alternative<Closed>(peers.receive().value()));
}

TEST(Channel, CannotSendToAnEndThatIsGone) {
  auto [ours, peers] = connected();
  (void)Fd(peers.release());

  const auto sent = ours.send(bytes_of("anyone?"));

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, std::errc::broken_pipe);
}

TEST(Channel, SaysWhenTheOtherEndIsFull) {
  auto [ours, peers] = connected();
  const std::string message(4096, 'x');
  int sent = 0;

  while (ours.send(bytes_of(message)).value())
    ++sent;

  EXPECT_GT(sent, 0);
  (void)receive_packet(peers);
  EXPECT_EQ(ours.send(bytes_of(message)), true);
}

// Empty messages do not hide those behind them, and neither does a reset.
TEST(DiscardMessages, FindsEveryDescriptor) {
  auto [ours, peers] = connected();
  const Fd passed(::dup(STDERR_FILENO));
  const auto before = count_descriptors();
  EXPECT_EQ(ours.send(bytes_of("first"), passed.get()), true);
  EXPECT_EQ(ours.send({}), true);
  EXPECT_EQ(ours.send({}), true);
  EXPECT_EQ(ours.send(bytes_of("second"), passed.get()), true);
  EXPECT_EQ(peers.send(bytes_of("never read")), true);
  (void)Fd(ours.release());
  std::size_t found = 0;

  discard_messages(peers, [&](std::span<const Fd> descriptors) { found += descriptors.size(); });

  EXPECT_EQ(found, 2U);
  EXPECT_EQ(count_descriptors(), before - 1) << "all but the end that is gone";
}

TEST(DiscardMessages, TakesNoMore) {
  auto [ours, peers] = connected();

  discard_messages(peers, [](std::span<const Fd>) {});

  EXPECT_FALSE(ours.send(bytes_of("one more")));
}

TEST(Channel, HasRoomForAllDescriptorsWhereThatIsWanted) {
  auto [ours, peers] = connected();
  Channel roomy(peers.release(), all_descriptors);

  send_descriptors(ours, "many", all_descriptors);
  const Packet packet = receive_packet(roomy);

  EXPECT_EQ(packet.descriptors.size(), all_descriptors);
  EXPECT_FALSE(packet.descriptors_truncated);
}

TEST(Channel, ReportsAnErrorOfItsSocket) {
  Channel none{Fd()};

  const auto sent = none.send(bytes_of("x"));
  const auto received = none.receive();

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, std::errc::bad_file_descriptor);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, std::errc::bad_file_descriptor);
}

} // namespace
} // namespace ktls::ipc
