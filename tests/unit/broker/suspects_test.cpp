// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/suspects.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace ktls {
namespace {

using namespace std::chrono_literals;

RemoteNetwork network(std::uint32_t address) {
  sockaddr_storage storage{};
  const sockaddr_in in{AF_INET, 0, {htonl(address)}, {}};
  std::memcpy(&storage, &in, sizeof in);
  return *RemoteNetwork::of(storage);
}

const RemoteNetwork hostile = network(0xc0000201);
const RemoteNetwork bystander = network(0xc0000202);
constexpr Suspects::Time start{1h};

TEST(Suspects, RefusesWhomeverWasAloneInThreeWorkersThatEnded) {
  Suspects suspects;
  suspects.blame({hostile}, start);
  suspects.blame({hostile}, start);
  EXPECT_FALSE(suspects.are_refused(hostile, start));

  suspects.blame({hostile}, start);

  EXPECT_TRUE(suspects.are_refused(hostile, start));
  EXPECT_FALSE(suspects.are_refused(bystander, start));
}

TEST(Suspects, SharesTheBlame) {
  Suspects suspects;
  for (int i = 0; i < 4; ++i)
    suspects.blame({hostile, hostile, hostile, bystander}, start);

  EXPECT_TRUE(suspects.are_refused(hostile, start)) << "four times three quarters";
  EXPECT_FALSE(suspects.are_refused(bystander, start)) << "one";
}

TEST(Suspects, ForgetsAfterAWhile) {
  Suspects suspects;
  for (int i = 0; i < 3; ++i)
    suspects.blame({hostile}, start);

  EXPECT_TRUE(suspects.are_refused(hostile, start + Suspects::memory - 1ns));
  EXPECT_FALSE(suspects.are_refused(hostile, start + Suspects::memory));
  suspects.blame({hostile}, start + Suspects::memory);
  EXPECT_FALSE(suspects.are_refused(hostile, start + Suspects::memory)) << "it begins anew";
}

TEST(Suspects, RemembersNoMoreThanItsLimit) {
  Suspects suspects;
  for (std::uint32_t i = 0; i < Suspects::max_networks; ++i)
    suspects.blame({network(i)}, start);
  for (int i = 0; i < 3; ++i) {
    suspects.blame({hostile}, start);
    suspects.blame({network(0)}, start);
  }

  EXPECT_FALSE(suspects.are_refused(hostile, start)) << "there was no room";
  EXPECT_TRUE(suspects.are_refused(network(0), start)) << "known already";
  for (int i = 0; i < 3; ++i)
    suspects.blame({hostile}, start + Suspects::memory);
  EXPECT_TRUE(suspects.are_refused(hostile, start + Suspects::memory)) << "room again";
}

} // namespace
} // namespace ktls
