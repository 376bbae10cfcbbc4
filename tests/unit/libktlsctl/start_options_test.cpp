// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "libktlsctl/starting.hpp"

namespace ktls {
namespace {

using test::answer;
using test::bytes_of;
using test::client;
using test::Outcome;
using test::refusal;
using test::start_with;

struct BadOptions {
  const char* name;
  int status;
  void (*spoil)(ktlsctl_options& options);
};

class StartBadOptions : public testing::TestWithParam<BadOptions> {};

TEST_P(StartBadOptions, AreRefusedAndTheSocketIsShutDown) {
  const test::Pair pair = test::tcp_pair();
  struct {
    ktlsctl_options known;
    std::uint64_t unknown;
  } options = {client("/nonexistent"), 1};
  GetParam().spoil(options.known);

  const Outcome outcome = start_with(pair, options.known);

  EXPECT_EQ(outcome.status, GetParam().status);
  EXPECT_EQ(outcome.session, nullptr);
  EXPECT_TRUE(test::is_shut_down(pair));
}

const std::string too_long_a_name(256, 'x');
constexpr BadOptions bad_options[] = {
    {"NoSize", -EINVAL, [](ktlsctl_options& options) { options.size = 0; }},
    {"ShortSize", -EINVAL, [](ktlsctl_options& options) { --options.size; }},
    {"UnknownOption", -E2BIG, [](ktlsctl_options& options) { options.size += 8; }},
    {"UnknownRole", -EINVAL, [](ktlsctl_options& options) { options.role = 3; }},
    {"Timeout", -EINVAL, [](ktlsctl_options& options) { options.timeout_ms = 600'001; }},
    {"PeerName", -EINVAL,
     [](ktlsctl_options& options) { options.peer_name = too_long_a_name.c_str(); }},
    {"PeerNameOfAServer", -EINVAL,
     [](ktlsctl_options& options) { options.role = KTLSCTL_ROLE_SERVER; }},
};
INSTANTIATE_TEST_SUITE_P(All, StartBadOptions, testing::ValuesIn(bad_options),
                         [](const auto& test) { return test.param.name; });

TEST(Start, RefusesMissingOptionsAndBadDescriptors) {
  const test::Pair pair = test::tcp_pair();
  const ktlsctl_options options = client("/nonexistent");
  ktlsctl_session* session = nullptr;

  EXPECT_EQ(ktlsctl_start(pair.ours.get(), nullptr, &session), -EINVAL);
  EXPECT_EQ(ktlsctl_start(-1, &options, &session), -EBADF);

  EXPECT_EQ(session, nullptr);
  EXPECT_TRUE(test::is_shut_down(pair));
}

TEST(Start, TakesTheLargerOptionsOfALaterHeaderWhenTheyAreUnused) {
  const test::Pair pair = test::tcp_pair();
  const test::FakeAgent agent(answer(bytes_of(refusal())));
  struct {
    ktlsctl_options known;
    std::uint64_t unknown;
  } options = {client(agent.path()), 0};
  options.known.size = sizeof options;

  EXPECT_EQ(start_with(pair, options.known).reason, "certificate-expired");
}

} // namespace
} // namespace ktls
