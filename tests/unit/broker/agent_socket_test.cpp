// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/agent_socket.hpp"

#include <fcntl.h>

#include <filesystem>

#include "broker/application_intake_case.hpp"

namespace ktls {
namespace {

using test::Application;
using InheritedIntakeTest = test::ApplicationIntakeTest;

std::string wrong_with(Fd socket, const std::string& path) {
  const auto checked = check_agent_socket(std::move(socket), path);
  return checked ? "" : checked.error().message();
}

TEST_F(InheritedIntakeTest, ServesWhoConnectedBeforeItWasThere) {
  Fd listener = test::agent_listener(path, 8);
  Application application(path);
  application.ask(test::good_request(), socket.ours.get());

  intake = try_create(path, std::move(listener)).value();
  pump.until_idle();

  EXPECT_EQ(requests.size(), 1U);
  EXPECT_TRUE(application.has_nothing());
}

TEST_F(InheritedIntakeTest, LeavesTheFileThere) {
  intake = try_create(path, test::agent_listener(path, 8)).value();

  intake.reset();

  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(InheritedIntakeTest, LeavesTheFileOfASocketThatItRefuses) {
  Fd listener = test::agent_listener(path, 8);

  EXPECT_FALSE(try_create(directory.file("other.sock"), std::move(listener)));

  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(AgentSocket, DoesNotBlock) {
  const test::TemporaryDirectory directory;
  const auto path = directory.file("agent.sock");

  const auto checked = check_agent_socket(test::agent_listener(path, 8), path);

  ASSERT_TRUE(checked);
  EXPECT_NE(::fcntl(checked->get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(AgentSocket, IsTheOneThatTheAgentWouldMake) {
  const test::TemporaryDirectory directory;
  const auto path = directory.file("agent.sock");
  auto own = listen_on(path);
  ASSERT_TRUE(own);

  EXPECT_EQ(wrong_with(std::move(*own), path), "");
}

TEST(AgentSocket, IsOfTheRightKind) {
  const std::string unit = "ListenSequentialPacket=/run/a.sock";
  const Fd silent(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));

  EXPECT_NE(wrong_with(Fd(::dup(silent.get())), "/run/a.sock").find(unit), std::string::npos);
  EXPECT_NE(wrong_with(test::unix_pair().ours, "/run/a.sock").find(unit), std::string::npos);
  EXPECT_NE(wrong_with(test::tcp_pair().ours, "/run/a.sock").find(unit), std::string::npos);
  EXPECT_NE(wrong_with(Fd(::dup(STDERR_FILENO)), "/run/a.sock").find(unit), std::string::npos);
}

TEST(AgentSocket, IsBoundWhereApplicationsLookForIt) {
  const test::TemporaryDirectory directory;
  const auto path = directory.file("agent.sock");

  const auto wrong = wrong_with(test::agent_listener(path, 8), "/run/a.sock");

  EXPECT_NE(wrong.find(path + ", and agent.socket is /run/a.sock"), std::string::npos) << wrong;
}

} // namespace
} // namespace ktls
