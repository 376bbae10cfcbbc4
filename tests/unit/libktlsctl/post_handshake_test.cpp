// SPDX-License-Identifier: GPL-2.0-or-later
#include "post_handshake.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ktls {
namespace {

using Verdict = PostHandshake::Verdict;
using Bytes = std::vector<std::byte>;

Bytes message(unsigned type, std::size_t body_size) {
  Bytes bytes = {std::byte(type), std::byte(body_size >> 16), std::byte(body_size >> 8),
                 std::byte(body_size)};
  bytes.resize(4 + body_size);
  return bytes;
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

const Bytes ticket = message(4, 200);
const Bytes key_update = message(24, 1);

TEST(PostHandshake, SkipsTickets) {
  PostHandshake messages;

  EXPECT_EQ(messages.feed(ticket + ticket), Verdict::Harmless);
  EXPECT_TRUE(messages.at_boundary());
}

TEST(PostHandshake, SkipsTicketsCutAtEveryByte) {
  const Bytes two = ticket + ticket;
  for (std::size_t cut = 1; cut < two.size(); ++cut) {
    PostHandshake messages;
    const std::span<const std::byte> all(two);
    EXPECT_EQ(messages.feed(all.first(cut)), Verdict::Harmless) << cut;
    EXPECT_EQ(messages.at_boundary(), cut == ticket.size()) << cut;
    EXPECT_EQ(messages.feed(all.subspan(cut)), Verdict::Harmless) << cut;
    EXPECT_TRUE(messages.at_boundary()) << cut;
  }
}

TEST(PostHandshake, SeesAKeyUpdateByteByByte) {
  PostHandshake messages;
  Verdict last = Verdict::Harmless;
  for (const std::byte& byte : ticket + key_update)
    last = messages.feed({&byte, 1});

  EXPECT_EQ(last, Verdict::KeyUpdate);
  EXPECT_TRUE(messages.at_boundary());
}

TEST(PostHandshake, TellsWhetherOneIsWantedInReturn) {
  PostHandshake silent;
  EXPECT_EQ(silent.feed(key_update), Verdict::KeyUpdate);
  EXPECT_FALSE(silent.update_requested());

  Bytes asking = key_update;
  asking.back() = std::byte{1};
  PostHandshake messages;
  EXPECT_EQ(messages.feed(asking), Verdict::KeyUpdate);
  EXPECT_TRUE(messages.update_requested());
}

TEST(PostHandshake, ForbidsAKeyUpdateThatWantsSomethingElse) {
  Bytes other = key_update;
  other.back() = std::byte{2};

  EXPECT_EQ(PostHandshake().feed(other), Verdict::Forbidden);
}

TEST(PostHandshake, WaitsForTheWholeKeyUpdate) {
  PostHandshake messages;

  EXPECT_EQ(messages.feed(std::span(key_update).first(4)), Verdict::KeyUpdate);
  EXPECT_FALSE(messages.at_boundary());
}

TEST(PostHandshake, ForbidsAnythingBehindAKeyUpdate) {
  PostHandshake messages;

  EXPECT_EQ(messages.feed(key_update + ticket), Verdict::Forbidden);
}

TEST(PostHandshake, ForbidsAKeyUpdateOfAnotherSize) {
  EXPECT_EQ(PostHandshake().feed(message(24, 0)), Verdict::Forbidden);
  EXPECT_EQ(PostHandshake().feed(message(24, 2)), Verdict::Forbidden);
}

TEST(PostHandshake, ForbidsATicketLargerThanTheStandardAllows) {
  constexpr std::size_t largest = 131337;
  EXPECT_EQ(PostHandshake().feed(message(4, largest)), Verdict::Harmless);
  EXPECT_EQ(PostHandshake().feed(message(4, largest + 1)), Verdict::Forbidden);
}

TEST(PostHandshake, ForbidsAllOtherMessages) {
  for (unsigned type = 0; type < 256; ++type) {
    const bool known = type == 4 || type == 24;
    EXPECT_EQ(PostHandshake().feed(message(type, 1)) == Verdict::Forbidden, !known) << type;
  }
}

TEST(PostHandshake, StaysForbidden) {
  PostHandshake messages;
  ASSERT_EQ(messages.feed(message(13, 1)), Verdict::Forbidden);

  EXPECT_EQ(messages.feed(ticket), Verdict::Forbidden);
}

} // namespace
} // namespace ktls
