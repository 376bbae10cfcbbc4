// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/sign_permit.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace ktls::tls {
namespace {

using std::chrono::nanoseconds;
using PermitVerdict = PermitBook::Verdict;

Secret copy_of(const Secret& secret) {
  auto copy = Secret::create(secret.bytes().size()).value();
  std::memcpy(copy.bytes().data(), secret.bytes().data(), secret.bytes().size());
  return copy;
}

class SignPermitTest : public testing::Test {
protected:
  static constexpr std::uint64_t worker = 3;
  static constexpr std::uint32_t key = 7;
  static constexpr nanoseconds now{1000};

  [[nodiscard]] ipc::SignPermit permit(std::uint64_t handshake = 1) const {
    ipc::SignPermit out{};
    out.worker = worker;
    out.handshake = handshake;
    out.keys = {key + 4, key};
    out.expires_ns = 2000;
    EXPECT_TRUE(seal(out, secret));
    return out;
  }
  PermitVerdict use(const ipc::SignPermit& its_permit, nanoseconds when = now) {
    return book.use(its_permit, worker, key, when);
  }
  Secret secret = make_permit_secret().value();
  PermitBook book{copy_of(secret)};
};

TEST_F(SignPermitTest, IsGoodForOneSignature) {
  EXPECT_EQ(use(permit()), PermitVerdict::Granted);
  EXPECT_EQ(use(permit()), PermitVerdict::Used);
  EXPECT_EQ(use(permit(2)), PermitVerdict::Granted) << "another handshake";
}

TEST_F(SignPermitTest, IsForItsKeys) {
  EXPECT_EQ(book.use(permit(), worker, key - 1, now), PermitVerdict::OtherKey);
  EXPECT_EQ(book.use(permit(), worker, key + 1, now), PermitVerdict::OtherKey);
  EXPECT_EQ(book.use(permit(), worker, 0, now), PermitVerdict::OtherKey)
      << "what fills up the rest";
  EXPECT_EQ(book.use(permit(), worker, key + 4, now), PermitVerdict::Granted);
}

TEST_F(SignPermitTest, IsForNoKeyWhenItSaysSo) {
  auto none = permit();
  none.keys = {};
  ASSERT_TRUE(seal(none, secret));

  EXPECT_EQ(use(none), PermitVerdict::OtherKey);
}

TEST_F(SignPermitTest, IsForItsWorker) {
  EXPECT_EQ(book.use(permit(), worker + 1, key, now), PermitVerdict::OtherWorker);
}

TEST_F(SignPermitTest, EndsWithItsTime) {
  EXPECT_EQ(use(permit(), nanoseconds(2000)), PermitVerdict::Expired);
  EXPECT_EQ(use(permit(), nanoseconds(1999)), PermitVerdict::Granted);
  EXPECT_EQ(use(permit(), nanoseconds(2000)), PermitVerdict::Expired)
      << "not forgotten and good again";
}

TEST_F(SignPermitTest, CannotBeChanged) {
  const auto sound = permit();
  for (std::size_t i = 0; i < sizeof sound; ++i) {
    auto forged = sound;
    reinterpret_cast<unsigned char*>(&forged)[i] ^= 1;
    EXPECT_EQ(use(forged), PermitVerdict::Forged) << i;
  }
  EXPECT_EQ(use(sound), PermitVerdict::Granted);
}

TEST_F(SignPermitTest, IsMadeWithTheSecret) {
  auto other = permit();
  ASSERT_TRUE(seal(other, make_permit_secret().value()));

  EXPECT_EQ(use(other), PermitVerdict::Forged);
}

TEST_F(SignPermitTest, IsRememberedForTheLastHandshakes) {
  constexpr auto window = PermitBook::remembered;
  EXPECT_EQ(use(permit(5)), PermitVerdict::Granted);
  EXPECT_EQ(use(permit(4)), PermitVerdict::Granted) << "not in order";

  EXPECT_EQ(use(permit(window + 4)), PermitVerdict::Granted);
  EXPECT_EQ(use(permit(5)), PermitVerdict::Used);
  EXPECT_EQ(use(permit(6)), PermitVerdict::Granted);
  EXPECT_EQ(use(permit(4)), PermitVerdict::TooOld);

  EXPECT_EQ(use(permit(window + 5)), PermitVerdict::Granted) << "takes the place of 5";
  EXPECT_EQ(use(permit(5)), PermitVerdict::TooOld);
  EXPECT_EQ(use(permit(window + 4)), PermitVerdict::Used);
}

TEST_F(SignPermitTest, IsRememberedBehindALongPause) {
  constexpr auto window = PermitBook::remembered;
  EXPECT_EQ(use(permit(1)), PermitVerdict::Granted);

  EXPECT_EQ(use(permit(10 * window + 1)), PermitVerdict::Granted) << "in the same place";
  EXPECT_EQ(use(permit(10 * window)), PermitVerdict::Granted);
  EXPECT_EQ(use(permit(10 * window + 1)), PermitVerdict::Used);
  EXPECT_EQ(use(permit(1)), PermitVerdict::TooOld);
}

TEST(SignPermit, IsMisusedByWhoAsksForMore) {
  for (const auto verdict : {PermitVerdict::Granted, PermitVerdict::Expired, PermitVerdict::TooOld})
    EXPECT_FALSE(is_misuse(verdict)) << describe(verdict);
  for (const auto verdict : {PermitVerdict::Forged, PermitVerdict::OtherWorker,
                             PermitVerdict::OtherKey, PermitVerdict::Used})
    EXPECT_TRUE(is_misuse(verdict)) << describe(verdict);
}

} // namespace
} // namespace ktls::tls
