// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/subscribers.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ktls::bus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TokenBucket::Clock::time_point start{std::chrono::hours(1)};

TEST(TokenBucket, GivesSoManyAtOnceAndSoManyASecond) {
  TokenBucket bucket(2, 10, start);
  EXPECT_TRUE(bucket.take(start));
  EXPECT_TRUE(bucket.take(start));
  EXPECT_FALSE(bucket.take(start));

  EXPECT_FALSE(bucket.take(start + milliseconds(99)));
  EXPECT_TRUE(bucket.take(start + milliseconds(101)));
  EXPECT_FALSE(bucket.take(start + milliseconds(102)));
}

TEST(TokenBucket, HoldsNoMoreThanItsBurst) {
  TokenBucket bucket(2, 10, start);

  EXPECT_TRUE(bucket.has(2, start + seconds(100)));
  EXPECT_FALSE(bucket.has(2.1, start + seconds(100)));
}

TEST(TokenBucket, KnowsWhenItHasSoMany) {
  TokenBucket bucket(4, 10, start);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(bucket.take(start));

  const auto at = bucket.time_of(2);

  EXPECT_FALSE(bucket.has(2, at - milliseconds(1)));
  EXPECT_TRUE(bucket.has(2, at));
}

TEST(TokenBucket, ToleratesATimeThatHasPassed) {
  TokenBucket bucket(1, 10, start);

  EXPECT_TRUE(bucket.take(start - seconds(1)));
  EXPECT_FALSE(bucket.take(start - seconds(1)));
}

class SubscribersTest : public testing::Test {
protected:
  void send(TokenBucket::Clock::time_point now, int times = 1) {
    for (int i = 0; i < times; ++i)
      subscribers.send(now, [this](const std::string& to) {
        if (!takes_any)
          return false;
        got.push_back(to);
        return true;
      });
  }

  bool takes_any = true;
  std::vector<std::string> got;
  std::vector<std::uint64_t> dropped;
  Subscribers subscribers{{5, 10, 3}, [this](const std::string&, std::uint64_t count) {
                            if (takes_any)
                              dropped.push_back(count);
                            return takes_any;
                          }};
};

TEST_F(SubscribersTest, SendToEach) {
  EXPECT_TRUE(subscribers.empty());
  EXPECT_TRUE(subscribers.add(":1.1", start));
  EXPECT_TRUE(subscribers.add(":1.2", start));

  send(start);
  subscribers.remove(":1.1");
  send(start);

  EXPECT_EQ(got, (std::vector<std::string>{":1.1", ":1.2", ":1.2"}));
}

TEST_F(SubscribersTest, AreSoMany) {
  for (std::size_t i = 0; i < max_subscribers; ++i)
    EXPECT_TRUE(subscribers.add(":1." + std::to_string(i), start));

  EXPECT_FALSE(subscribers.add(":1.999", start));
  EXPECT_TRUE(subscribers.add(":1.0", start)); // it is one already
}

TEST_F(SubscribersTest, AreToldOfWhatWasDropped) {
  subscribers.add(":1.1", start);
  send(start, 9);
  EXPECT_EQ(got.size(), 5U);

  // one is possible again, which is too few to go on
  send(start + milliseconds(150));
  EXPECT_EQ(got.size(), 5U);
  send(start + milliseconds(350));

  EXPECT_EQ(dropped, std::vector<std::uint64_t>{5});
  EXPECT_EQ(got.size(), 6U);
}

TEST_F(SubscribersTest, AreToldOfWhatWasDroppedWhenNothingFollows) {
  subscribers.add(":1.1", start);
  EXPECT_FALSE(subscribers.settle_at());
  send(start, 6);

  const auto at = subscribers.settle_at();
  ASSERT_TRUE(at);
  subscribers.settle(*at - milliseconds(1));
  EXPECT_TRUE(dropped.empty());
  subscribers.settle(*at);

  EXPECT_EQ(dropped, std::vector<std::uint64_t>{1});
  EXPECT_FALSE(subscribers.settle_at());
}

TEST_F(SubscribersTest, CountWhatTheBusDidNotTake) {
  subscribers.add(":1.1", start);
  takes_any = false;
  send(start, 2);
  subscribers.settle(start);
  EXPECT_TRUE(subscribers.settle_at());

  takes_any = true;
  send(start);

  EXPECT_EQ(dropped, std::vector<std::uint64_t>{2});
  EXPECT_EQ(got.size(), 1U);
}

} // namespace
} // namespace ktls::bus
