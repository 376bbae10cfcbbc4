// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/agent_service.hpp"
#include "bus/agent_service_fixture.hpp"

namespace ktls::bus {
namespace {

class AgentSignalsTest : public test::AgentServiceTest {
protected:
  struct Got {
    std::vector<std::uint64_t> generations;
    std::uint64_t dropped = 0;
    std::uint64_t id = 0;
    std::string cause;
    std::string reason;
    Dictionary details;
    int signals = 0;
  };

  static void listen(Connection& connection, Got& got) {
    const auto on = [&](const std::string& signal, auto read) {
      EXPECT_TRUE(connection.on_signal(
          "type='signal',interface='org.ktlsctl.Agent1.Manager',member='" + signal + "'",
          [&got, read](sdbus::Message& message) {
            ++got.signals;
            read(message);
          }));
    };
    on("PolicyLoaded",
       [&got](sdbus::Message& message) { message >> got.generations.emplace_back(); });
    on("Dropped", [&got](sdbus::Message& message) {
      std::uint64_t count = 0;
      message >> count;
      got.dropped += count;
    });
    on("SessionOpened", [&got](sdbus::Message& message) { message >> got.id >> got.details; });
    on("SessionEnded", [&got](sdbus::Message& message) { message >> got.id >> got.cause; });
    on("HandshakeFailed",
       [&got](sdbus::Message& message) { message >> got.reason >> got.cause >> got.details; });
  }
  void subscribe(Connection& connection) {
    EXPECT_EQ(call_with_options(connection, manager("Subscribe")), "");
  }
  void unsubscribe(Connection& connection) {
    EXPECT_EQ(call(
                  connection, manager("Unsubscribe"), [](sdbus::MethodCall&) {},
                  [](sdbus::MethodReply&) {}),
              "");
  }

  Got got;
};

TEST_F(AgentSignalsTest, TellSubscribersOfSessions) {
  listen(*root, got);
  subscribe(*root);

  service->session_opened(sessions.at(of_kernel));
  run_until([this] { return got.signals == 1; });
  EXPECT_EQ(got.id, of_kernel);
  EXPECT_EQ(details_from(got.details).row.remote, "192.0.2.1:443");
  service->session_ended(of_outsider, "closed");
  run_until([this] { return got.signals == 2; });
  EXPECT_EQ(got.id, of_outsider);
  EXPECT_EQ(got.cause, "closed");
}

TEST_F(AgentSignalsTest, TellSubscribersOfFailures) {
  listen(*root, got);
  subscribe(*root);
  FailedHandshake handshake;
  handshake.reason = "user-revoked";
  handshake.text = "bob\xff";
  handshake.user = "bob";

  service->handshake_failed(handshake);
  run_until([this] { return got.signals == 1; });

  EXPECT_EQ(got.reason, "user-revoked");
  EXPECT_EQ(got.cause, "bob\\xff");
  EXPECT_EQ(got.details.size(), 1U);
  EXPECT_EQ(failed_handshake_from(got.details).user, "bob");
}

TEST_F(AgentSignalsTest, GoToSubscribersAlone) {
  Got nothing;
  listen(*root, got);
  listen(*other, nothing);
  subscribe(*root);

  service->policy_loaded(2);
  run_until([this] { return got.signals == 1; });
  unsubscribe(*root);
  service->policy_loaded(3);
  EXPECT_EQ(list(*root), ""); // behind what would have been sent
  EXPECT_EQ(list(*other), "");

  EXPECT_EQ(got.generations, std::vector<std::uint64_t>{2});
  EXPECT_EQ(nothing.signals, 0);
}

TEST_F(AgentSignalsTest, AreBoundInTime) {
  listen(*root, got);
  subscribe(*root);

  for (std::uint64_t i = 0; i < 100; ++i)
    service->policy_loaded(i);
  run_until([this] { return got.dropped > 0; });

  EXPECT_EQ(got.generations.size(), 20U);
  EXPECT_EQ(got.dropped, 80U);
  service->policy_loaded(100);
  run_until([this] { return got.generations.back() == 100; });
}

TEST_F(AgentSignalsTest, HaveSoManySubscribersUntilTheyLeave) {
  std::vector<std::unique_ptr<Connection>> many;
  for (std::size_t i = 0; i < max_subscribers; ++i) {
    many.push_back(connect());
    subscribe(*many.back());
  }

  EXPECT_EQ(call_with_options(*root, manager("Subscribe")), "org.ktlsctl.Agent1.Error.Busy");
  EXPECT_EQ(failures.back().text, "there are 32 subscribers");
  many.pop_back();
  // as soon as the bus has said so
  run_until([this] { return call_with_options(*root, manager("Subscribe")).empty(); });
}

TEST_F(AgentSignalsTest, EndQuietlyWithTheBus) {
  subscribe(*root);
  bus.end();
  run_until([this] { return lost > 0; });

  for (std::uint64_t i = 0; i < 100; ++i)
    service->policy_loaded(i);
}

} // namespace
} // namespace ktls::bus
