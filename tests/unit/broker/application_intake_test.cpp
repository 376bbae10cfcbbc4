// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/application_intake.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "broker/application_intake_case.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;
using test::Application;
using test::ApplicationIntakeTest;
using test::good_request;

ipc::Packet packet_of(const wire::StartRequest& request, std::size_t descriptors) {
  ipc::Packet packet;
  const auto bytes = std::as_bytes(std::span(&request, 1));
  packet.data.assign(bytes.begin(), bytes.end());
  packet.descriptors.resize(descriptors);
  return packet;
}

Reason judge(const ipc::Packet& packet) {
  wire::StartRequest request{};
  return judge_request(packet, request);
}

TEST(JudgeRequest, TakesOneSocket) {
  wire::StartRequest request{};

  EXPECT_EQ(judge_request(packet_of(good_request(), 1), request), Reason::Success);

  EXPECT_EQ(request.peer_name.view(), "server.test");
}

TEST(JudgeRequest, CountsDescriptors) {
  auto truncated = packet_of(good_request(), 17);
  truncated.descriptors_truncated = true;

  EXPECT_EQ(judge(packet_of(good_request(), 0)), Reason::MissingDescriptor);
  EXPECT_EQ(judge(packet_of(good_request(), 2)), Reason::TooManyDescriptors);
  EXPECT_EQ(judge(truncated), Reason::TooManyDescriptors);
}

// The kernel drops descriptors for two reasons; this one is not the application's fault.
TEST(JudgeRequest, IsBusyWithoutAFreeDescriptor) {
  auto dropped = packet_of(good_request(), 0);
  dropped.descriptors_truncated = true;
  auto one_is_left = packet_of(good_request(), 1);
  one_is_left.descriptors_truncated = true;

  EXPECT_EQ(judge(dropped), Reason::Busy);
  EXPECT_EQ(judge(one_is_left), Reason::Busy);
}

TEST(JudgeRequest, RefusesMalformedRequests) {
  auto unknown_role = good_request();
  unknown_role.role = static_cast<wire::Role>(3);
  auto other_version = good_request();
  other_version.header.version = 2;
  auto truncated = packet_of(good_request(), 1);
  truncated.data_truncated = true;

  EXPECT_EQ(judge(packet_of(unknown_role, 1)), Reason::MalformedRequest);
  EXPECT_EQ(judge(packet_of(other_version, 1)), Reason::MalformedRequest);
  EXPECT_EQ(judge(truncated), Reason::MalformedRequest);
  EXPECT_EQ(judge({}), Reason::MalformedRequest);
}

TEST_F(ApplicationIntakeTest, PassesARequestOn) {
  open();

  auto application = asking();

  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].role, RequestedRole::Client);
  EXPECT_EQ(requests[0].peer_name, "server.test");
  EXPECT_EQ(requests[0].timeout, 2s);
  EXPECT_EQ(requests[0].who.uid, ::getuid());
  EXPECT_FALSE(requests[0].anonymous);
  EXPECT_EQ(requests[0].origin,
            "pid " + std::to_string(::getpid()) + " uid " + std::to_string(::getuid()));
  EXPECT_TRUE(requests[0].socket);
  EXPECT_NE(requests[0].socket.get(), socket.ours.get());
  EXPECT_TRUE(application.has_nothing());
}

TEST_F(ApplicationIntakeTest, TakesTheSmallerTimeLimit) {
  open();
  auto longer = good_request();
  longer.timeout_ms = 20'000;
  auto none = good_request();
  none.timeout_ms = 0;
  none.role = wire::Role::Server;
  none.peer_name = {};

  const auto one = asking(longer);
  const auto other = asking(none);

  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].timeout, 10s);
  EXPECT_EQ(requests[1].timeout, 10s);
  EXPECT_EQ(requests[1].role, RequestedRole::Server);
}

TEST_F(ApplicationIntakeTest, AnswersWithTheOutcome) {
  open();
  auto application = asking();
  Outcome outcome;
  outcome.reason = Reason::Success;
  outcome.protocol = "TLS 1.3";
  outcome.cipher = "TLS_AES_128_GCM_SHA256";
  outcome.peer_subject = "CN=server";

  requests.at(0).complete(outcome, -1);

  const auto reply = application.answer();
  EXPECT_EQ(reply.error, 0U);
  EXPECT_EQ(reply.reason.view(), "success");
  EXPECT_EQ(reply.protocol.view(), "TLS 1.3");
  EXPECT_EQ(reply.cipher.view(), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(reply.peer_subject.view(), "CN=server");
  EXPECT_EQ(reply.message.view(), facts(Reason::Success).help);
}

TEST_F(ApplicationIntakeTest, AnswersWithWhatFailed) {
  open();
  auto application = asking();

  requests.at(0).complete(failure(Reason::CertificateUntrusted, "who is that?"), -1);

  const auto reply = application.answer();
  EXPECT_EQ(reply.error, static_cast<std::uint32_t>(EACCES));
  EXPECT_EQ(reply.reason.view(), "certificate-untrusted");
  EXPECT_EQ(reply.message.view(),
            std::string(facts(Reason::CertificateUntrusted).help) + " (who is that?)");
}

TEST_F(ApplicationIntakeTest, AnswersFromWithinTheSubmission) {
  open();
  on_submit = [this] { requests.back().complete(failure(Reason::NotTcp), -1); };

  auto application = asking();

  EXPECT_EQ(application.answer().reason.view(), "not-tcp");
  EXPECT_TRUE(cancelled.empty());
}

TEST_F(ApplicationIntakeTest, CutsTextThatDoesNotFit) {
  open();
  auto application = asking();
  auto outcome = failure(Reason::InternalError, std::string(5000, 'x'));
  outcome.peer_subject = std::string(5000, 'y');

  requests.at(0).complete(outcome, -1);

  const auto reply = application.answer();
  EXPECT_EQ(reply.message.view().size(), 511U);
  EXPECT_EQ(reply.peer_subject.view().size(), 1023U);
}

TEST_F(ApplicationIntakeTest, RefusesARequestWithoutSocket) {
  open();
  Application application(path);
  application.ask(good_request(), -1);

  pump.until_idle();

  EXPECT_EQ(application.answer().reason.view(), "missing-descriptor");
  EXPECT_TRUE(requests.empty());
}

TEST_F(ApplicationIntakeTest, RefusesAMalformedRequest) {
  open();
  auto bad = good_request();
  bad.header.version = 9;
  const auto before = test::count_descriptors();

  auto application = asking(bad);

  EXPECT_EQ(application.answer().reason.view(), "malformed-request");
  EXPECT_TRUE(requests.empty());
  application.vanish();
  EXPECT_EQ(test::count_descriptors(), before) << "the descriptor with it was closed";
}

TEST_F(ApplicationIntakeTest, RefusesASecondRequestAndEndsTheFirst) {
  open();
  auto application = asking();
  application.ask(good_request(), socket.ours.get());

  pump.until_idle();

  EXPECT_EQ(application.answer().reason.view(), "malformed-request");
  EXPECT_EQ(requests.size(), 1U);
  EXPECT_EQ(cancelled, std::vector<std::uint64_t>{1});
  requests[0].complete(failure(Reason::Cancelled), -1); // nobody is left to be told
}

TEST_F(ApplicationIntakeTest, TimesOutWithoutARequest) {
  limits.request_timeout = 0ms;
  open();
  Application application(path);

  pump.until_idle();

  const auto reply = application.answer();
  EXPECT_EQ(reply.reason.view(), "request-timeout");
  EXPECT_EQ(reply.error, static_cast<std::uint32_t>(ETIMEDOUT));
}

TEST_F(ApplicationIntakeTest, CancelsForAnApplicationThatVanishes) {
  open();
  auto application = asking();

  application.vanish();
  pump.until_idle();

  EXPECT_EQ(cancelled, std::vector<std::uint64_t>{1});
  requests.at(0).complete(failure(Reason::Cancelled), -1);
  pump.until_idle();
  EXPECT_EQ(cancelled.size(), 1U);
}

TEST_F(ApplicationIntakeTest, ForgetsAnApplicationThatVanishesWithoutARequest) {
  open();
  const auto before = test::count_descriptors();
  Application application(path);
  pump.until_idle();

  application.vanish();
  pump.until_idle();

  EXPECT_TRUE(cancelled.empty());
  EXPECT_EQ(test::count_descriptors(), before);
}

TEST_F(ApplicationIntakeTest, LetsEveryoneAsk) {
  const mode_t old = ::umask(0077);
  open();
  ::umask(old);

  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0666U);
}

TEST_F(ApplicationIntakeTest, MakesTheDirectoryAndRemovesItsSocket) {
  path = directory.file("a/b/agent.sock");
  open();
  EXPECT_TRUE(std::filesystem::is_socket(path));

  intake.reset();

  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ApplicationIntakeTest, ReplacesAStaleSocket) {
  (void)test::agent_listener(path, 1); // and closed at once
  ASSERT_TRUE(std::filesystem::is_socket(path));

  open();

  (void)asking();
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(ApplicationIntakeTest, LeavesARunningAgentAlone) {
  open();

  const auto second = try_create(path);

  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("another ktlsd is running"), std::string::npos);
  (void)asking();
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(ApplicationIntakeTest, LeavesABusyAgentAlone) {
  const Fd other = test::agent_listener(path, 0);
  const Application waiting(path); // the backlog is full

  const auto second = try_create(path);

  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("another ktlsd is running"), std::string::npos);
}

// A mistake in the configuration must not cost a file.
TEST_F(ApplicationIntakeTest, LeavesWhatIsNoSocketAlone) {
  std::ofstream(path) << "precious";

  const auto refused = try_create(path);

  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("something else than a socket"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST_F(ApplicationIntakeTest, PausesWhileNoDescriptorIsFree) {
  open();
  Application application(path);
  application.ask(good_request(), socket.ours.get());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  pump.until_idle(); // ends: it does not try again and again
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(requests.empty());

  pump.until([this] { return !requests.empty(); });
}

TEST_F(ApplicationIntakeTest, RefusesAPathThatIsTooLong) {
  const auto refused = try_create("/" + std::string(107, 'x'));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
}

TEST_F(ApplicationIntakeTest, TakesTheNextConnectionWhenOneEnds) {
  limits.connections = 3;
  open();
  std::vector<Application> applications;
  for (std::size_t i = 0; i < limits.connections; ++i) {
    applications.emplace_back(path);
    pump.until_idle();
  }

  const auto last = asking();
  EXPECT_TRUE(requests.empty()) << "it waits in the backlog";

  applications.back().vanish();
  pump.until_idle();
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(ApplicationIntakeTest, TurnsAwayAUserWithTooManyConnections) {
  limits.connections_per_uid = 2;
  open();
  Application first(path);
  Application second(path);
  pump.until_idle();

  auto third = asking();

  EXPECT_TRUE(requests.empty());
  const auto reply = third.reply_after_reset();
  EXPECT_EQ(reply.reason.view(), "busy");
  EXPECT_NE(reply.message.view().find("agent.max_connections_per_uid = 2 for uid"),
            std::string_view::npos);
  first.vanish();
  pump.until_idle();
  const auto fourth = asking();
  EXPECT_EQ(requests.size(), 1U);
}

// All descriptors are taken, but for those in reserve.
TEST_F(ApplicationIntakeTest, SaysThatNoDescriptorIsFree) {
  open();
  Application application(path);
  application.ask(good_request(), socket.ours.get());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<Fd> taken;
  const rlimit few{static_cast<rlim_t>(test::count_descriptors() + 50), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  while (true) {
    Fd next(::dup(STDERR_FILENO));
    if (!next)
      break;
    taken.push_back(std::move(next));
  }

  pump.until_idle();
  taken.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

  EXPECT_EQ(application.reply_after_reset().reason.view(), "busy");
  (void)asking();
  EXPECT_EQ(requests.size(), 1U) << "the next one is served";
}

// The close of the last descriptor must not wait for a peer, wherever in the queue it is.
TEST_F(ApplicationIntakeTest, TurnsLingeringOffInWhatItNeverReads) {
  open();
  auto application = asking();
  const auto unread = test::tcp_pair();
  const linger on{1, 60};
  ASSERT_EQ(::setsockopt(unread.ours.get(), SOL_SOCKET, SO_LINGER, &on, sizeof on), 0);
  application.ask_nothing();
  application.ask_nothing();
  application.ask(good_request(), unread.ours.get());

  requests.at(0).complete(failure(Reason::Busy), -1);

  linger now{};
  socklen_t size = sizeof now;
  ASSERT_EQ(::getsockopt(unread.ours.get(), SOL_SOCKET, SO_LINGER, &now, &size), 0);
  EXPECT_EQ(now.l_onoff, 0);
}

} // namespace
} // namespace ktls
