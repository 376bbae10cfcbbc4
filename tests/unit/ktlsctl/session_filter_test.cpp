// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/session_filter.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace ktls::command {
namespace {

// What a command line of these options asks for; none: it is a mistake.
std::optional<bus::SessionFilter> parsed_filter(std::vector<std::string> options) {
  CLI::App app;
  bus::SessionFilter filter;
  add_filter_options(app, filter);
  std::ranges::reverse(options);
  try {
    app.parse(options);
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
  return filter;
}

TEST(SessionFilter, AsksForNothingByDefault) {
  EXPECT_TRUE(is_empty(parsed_filter({}).value()));
}

TEST(SessionFilter, HasAnOptionForEachKey) {
  const auto filter =
      parsed_filter({"--origin=kernel", "--role=client", "--state=recovered", "--protocol=TLSv1.3",
                     "--cipher=c", "--rule=r", "--profile=p", "--user=alice", "--unit=u.service",
                     "--local=192.0.2.0/24", "--remote=2001:db8::1", "--local-port=443",
                     "--remote-port=65535", "--uid=0", "--pid=12", "--peer=CN=a",
                     "--below-generation=18446744073709551615"})
          .value();

  EXPECT_EQ(filter.origin, "kernel");
  EXPECT_EQ(filter.role, "client");
  EXPECT_EQ(filter.state, "recovered");
  EXPECT_EQ(filter.protocol, "TLSv1.3");
  EXPECT_EQ(filter.cipher, "c");
  EXPECT_EQ(filter.rule, "r");
  EXPECT_EQ(filter.profile, "p");
  EXPECT_EQ(filter.user, "alice");
  EXPECT_EQ(filter.unit, "u.service");
  EXPECT_EQ(filter.local, "192.0.2.0/24");
  EXPECT_EQ(filter.remote, "2001:db8::1");
  EXPECT_EQ(filter.local_port, 443);
  EXPECT_EQ(filter.remote_port, 65535);
  EXPECT_EQ(filter.uid, 0U);
  EXPECT_EQ(filter.pid, 12U);
  EXPECT_EQ(filter.peer, "CN=a");
  EXPECT_EQ(filter.below_generation, 18446744073709551615ULL);
}

TEST(SessionFilter, IsNotEmptyWithAnyOfThem) {
  for (const auto* option : {"--origin=kernel", "--pid=1", "--uid=0", "--below-generation=1",
                             "--local=192.0.2.1", "--remote-port=1", "--peer=x"})
    EXPECT_FALSE(is_empty(parsed_filter({option}).value())) << option;
}

TEST(SessionFilter, TakesTheOwnerByName) {
  EXPECT_EQ(parsed_filter({"--uid=root"}).value().uid, 0U);
  EXPECT_FALSE(parsed_filter({"--uid=nobody-of-this-name"}));
}

TEST(SessionFilter, RefusesWhatTheAgentWould) {
  for (const auto* option :
       {"--origin=nobody", "--role=peer", "--state=closed", "--local=example.com",
        "--remote=192.0.2.0/33", "--local=2001:db8::/129", "--remote=192.0.2.0/",
        "--remote=192.0.2.0/8x", "--local-port=65536", "--remote-port=-1", "--pid=x",
        "--below-generation=-1"})
    EXPECT_FALSE(parsed_filter({option})) << option;
}

} // namespace
} // namespace ktls::command
