// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/expiry_watch.hpp"

#include <gtest/gtest.h>

namespace ktls {
namespace {

constexpr std::time_t day = 24L * 60 * 60;
constexpr std::time_t moment = 1'800'000'000; // 2027-01-15 08:00:00 UTC

TEST(Expiry, HasStepsAtThirtySevenAndOneDays) {
  EXPECT_EQ(expiry_of(moment + 31 * day, moment), Expiry::Far);
  EXPECT_EQ(expiry_of(moment + 30 * day, moment), Expiry::Month);
  EXPECT_EQ(expiry_of(moment + 7 * day + 1, moment), Expiry::Month);
  EXPECT_EQ(expiry_of(moment + 7 * day, moment), Expiry::Week);
  EXPECT_EQ(expiry_of(moment + day, moment), Expiry::Day);
  EXPECT_EQ(expiry_of(moment + 1, moment), Expiry::Day);
  EXPECT_EQ(expiry_of(moment, moment), Expiry::Over);
}

TEST(Expiry, IsToldInWords) {
  EXPECT_EQ(describe_expiry(moment + 6 * day + 5, moment),
            "expires in 6 days, on 2027-01-21 08:00 UTC");
  EXPECT_EQ(describe_expiry(moment + day, moment), "expires in 1 day, on 2027-01-16 08:00 UTC");
  EXPECT_EQ(describe_expiry(moment + 7200, moment), "expires in 2 hours, on 2027-01-15 10:00 UTC");
  EXPECT_EQ(describe_expiry(moment - 60, moment),
            "has expired, on 2027-01-15 07:59 UTC: peers refuse it");
}

OwnCertificate ending(std::time_t when) {
  OwnCertificate own;
  own.credential = "host";
  own.path = "/host.pem";
  own.where = "f:1";
  own.facts.not_after = when;
  return own;
}

class ExpiryWatchTest : public testing::Test {
protected:
  std::string log_of_watching(const OwnCertificate& own) {
    testing::internal::CaptureStderr();
    watch.watch({own});
    return testing::internal::GetCapturedStderr();
  }
  std::time_t today = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  EventLoop loop = EventLoop::create().value();
  ExpiryWatch watch{loop};
};

TEST_F(ExpiryWatchTest, SaysItOnce) {
  const auto own = ending(today + 3 * day);

  EXPECT_NE(log_of_watching(own).find("f:1: /host.pem: "), std::string::npos);
  EXPECT_EQ(log_of_watching(own), "") << "a reload says nothing new";
}

TEST_F(ExpiryWatchTest, SaysItOfARenewedOneAnew) {
  (void)log_of_watching(ending(today + 3 * day));

  EXPECT_NE(log_of_watching(ending(today + 2 * day)), "");
}

TEST_F(ExpiryWatchTest, SaysNothingOfWhatIsFarAway) {
  EXPECT_EQ(log_of_watching(ending(today + 40 * day)), "");
}

} // namespace
} // namespace ktls
