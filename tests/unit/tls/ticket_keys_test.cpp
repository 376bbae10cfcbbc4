// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/ticket_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tls/session.hpp"

namespace ktls::tls {
namespace {

using ByteVector = std::vector<std::byte>;

ByteVector shared_key(unsigned char of) {
  return ByteVector(ticket_key_size, std::byte{of});
}
ByteVector copy(std::span<const std::byte> key) {
  return {key.begin(), key.end()};
}

TEST(TicketKeys, AreNoneWithoutASharedOne) {
  const TicketKeys keys;

  EXPECT_TRUE(keys.key_of(0).empty());
}

TEST(TicketKeys, AreTheSameForTheSameProfile) {
  TicketKeys keys;
  TicketKeys of_another_worker;
  ASSERT_TRUE(keys.set(shared_key(1)));
  ASSERT_TRUE(of_another_worker.set(shared_key(1)));

  const auto first = copy(keys.key_of(7));

  EXPECT_EQ(first.size(), ticket_key_size);
  EXPECT_EQ(copy(keys.key_of(7)), first);
  EXPECT_EQ(copy(of_another_worker.key_of(7)), first);
}

TEST(TicketKeys, DifferByProfile) {
  TicketKeys keys;
  ASSERT_TRUE(keys.set(shared_key(1)));

  std::vector<ByteVector> all{shared_key(1)}; // none is the shared one
  for (const std::uint32_t profile : {0U, 1U, 2U, 256U, 65'536U})
    all.push_back(copy(keys.key_of(profile)));

  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST(TicketKeys, FollowTheSharedOne) {
  TicketKeys keys;
  ASSERT_TRUE(keys.set(shared_key(1)));
  const auto first = copy(keys.key_of(7));

  ASSERT_TRUE(keys.set(shared_key(2)));
  const auto second = copy(keys.key_of(7));
  ASSERT_TRUE(keys.set(shared_key(1)));

  EXPECT_NE(second, first);
  EXPECT_EQ(copy(keys.key_of(7)), first);
}

// GnuTLS names a key by its first bytes, in clear: nothing of another must be seen in them.
TEST(TicketKeys, ShareNoPart) {
  TicketKeys keys;
  ASSERT_TRUE(keys.set(shared_key(1)));
  const auto one = copy(keys.key_of(1));
  const auto other = copy(keys.key_of(2));

  for (std::size_t at = 0; at < ticket_key_size; at += 16)
    EXPECT_FALSE(std::equal(one.begin() + static_cast<std::ptrdiff_t>(at),
                            one.begin() + static_cast<std::ptrdiff_t>(at) + 16,
                            other.begin() + static_cast<std::ptrdiff_t>(at)))
        << at;
}

} // namespace
} // namespace ktls::tls
