// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/sign_permit.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace ktls::tls {
namespace {

using std::chrono::nanoseconds;
using Verdict = PermitBook::Verdict;

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
  Verdict use(const ipc::SignPermit& its_permit, nanoseconds when = now) {
    return book.use(its_permit, worker, key, when);
  }
  Secret secret = make_permit_secret().value();
  PermitBook book{copy_of(secret)};
};

TEST_F(SignPermitTest, IsGoodForOneSignature) {
  EXPECT_EQ(use(permit()), Verdict::Granted);
  EXPECT_EQ(use(permit()), Verdict::Used);
  EXPECT_EQ(use(permit(2)), Verdict::Granted) << "another handshake";
}

TEST_F(SignPermitTest, IsForItsKeys) {
  EXPECT_EQ(book.use(permit(), worker, key - 1, now), Verdict::OtherKey);
  EXPECT_EQ(book.use(permit(), worker, key + 1, now), Verdict::OtherKey);
  EXPECT_EQ(book.use(permit(), worker, 0, now), Verdict::OtherKey) << "what fills up the rest";
  EXPECT_EQ(book.use(permit(), worker, key + 4, now), Verdict::Granted);
}

TEST_F(SignPermitTest, IsForNoKeyWhenItSaysSo) {
  auto none = permit();
  none.keys = {};
  ASSERT_TRUE(seal(none, secret));

  EXPECT_EQ(use(none), Verdict::OtherKey);
}

TEST_F(SignPermitTest, IsForItsWorker) {
  EXPECT_EQ(book.use(permit(), worker + 1, key, now), Verdict::OtherWorker);
}

TEST_F(SignPermitTest, EndsWithItsTime) {
  EXPECT_EQ(use(permit(), nanoseconds(2000)), Verdict::Expired);
  EXPECT_EQ(use(permit(), nanoseconds(1999)), Verdict::Granted);
  EXPECT_EQ(use(permit(), nanoseconds(2000)), Verdict::Expired) << "not forgotten and good again";
}

TEST_F(SignPermitTest, CannotBeChanged) {
  const auto sound = permit();
  for (std::size_t i = 0; i < sizeof sound; ++i) {
    auto forged = sound;
    reinterpret_cast<unsigned char*>(&forged)[i] ^= 1;
    EXPECT_EQ(use(forged), Verdict::Forged) << i;
  }
  EXPECT_EQ(use(sound), Verdict::Granted);
}

TEST_F(SignPermitTest, IsMadeWithTheSecret) {
  auto other = permit();
  ASSERT_TRUE(seal(other, make_permit_secret().value()));

  EXPECT_EQ(use(other), Verdict::Forged);
}

TEST_F(SignPermitTest, IsRememberedForTheLastHandshakes) {
  constexpr auto window = PermitBook::remembered;
  EXPECT_EQ(use(permit(5)), Verdict::Granted);
  EXPECT_EQ(use(permit(4)), Verdict::Granted) << "not in order";

  EXPECT_EQ(use(permit(window + 4)), Verdict::Granted);
  EXPECT_EQ(use(permit(5)), Verdict::Used);
  EXPECT_EQ(use(permit(6)), Verdict::Granted);
  EXPECT_EQ(use(permit(4)), Verdict::TooOld);

  EXPECT_EQ(use(permit(window + 5)), Verdict::Granted) << "takes the place of 5";
  EXPECT_EQ(use(permit(5)), Verdict::TooOld);
  EXPECT_EQ(use(permit(window + 4)), Verdict::Used);
}

TEST_F(SignPermitTest, IsRememberedBehindALongPause) {
  constexpr auto window = PermitBook::remembered;
  EXPECT_EQ(use(permit(1)), Verdict::Granted);

  EXPECT_EQ(use(permit(10 * window + 1)), Verdict::Granted) << "in the same place";
  EXPECT_EQ(use(permit(10 * window)), Verdict::Granted);
  EXPECT_EQ(use(permit(10 * window + 1)), Verdict::Used);
  EXPECT_EQ(use(permit(1)), Verdict::TooOld);
}

TEST(SignPermit, IsMisusedByWhoAsksForMore) {
  for (const auto verdict : {Verdict::Granted, Verdict::Expired, Verdict::TooOld})
    EXPECT_FALSE(is_misuse(verdict)) << describe(verdict);
  for (const auto verdict :
       {Verdict::Forged, Verdict::OtherWorker, Verdict::OtherKey, Verdict::Used})
    EXPECT_TRUE(is_misuse(verdict)) << describe(verdict);
}

} // namespace
} // namespace ktls::tls
