// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/connection.hpp"

#include "bus/private_bus.hpp"

namespace ktls::bus {
namespace {

using std::chrono::seconds;

class ConnectionTest : public test::BusTest {
protected:
  // GetNameOwner, whose answer is a string.
  void ask_who_owns(const std::string& name) {
    connection->call(
        {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner"},
        seconds(10), [&](sdbus::MethodCall& call) { call << name; },
        {[this](sdbus::MethodReply& reply) { reply >> owner; }, [this] { ++answers; },
         [this](const Failure& why) {
           ++failures;
           failure = why;
         }});
  }
  void wait() {
    run_until([this] { return answers + failures > 0; });
  }

  std::unique_ptr<Connection> connection = connect();
  std::string owner;
  int answers = 0;
  int failures = 0;
  Failure failure;
};

TEST_F(ConnectionTest, GivesTheAnswerInTheLoop) {
  ask_who_owns("org.freedesktop.DBus");
  EXPECT_EQ(answers, 0);

  wait();

  EXPECT_EQ(owner, "org.freedesktop.DBus");
  EXPECT_EQ(failures, 0);
}

TEST_F(ConnectionTest, GivesTheNameOfAnError) {
  ask_who_owns("org.example.Nobody");

  wait();

  EXPECT_EQ(failure.name, "org.freedesktop.DBus.Error.NameHasNoOwner");
  EXPECT_EQ(answers, 0);
}

TEST_F(ConnectionTest, TakesAnAnswerOfAnotherTypeForAFailure) {
  std::uint32_t number = 0;
  connection->call(
      {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId"},
      seconds(10), [](sdbus::MethodCall&) {},
      {[&](sdbus::MethodReply& reply) { reply >> number; }, [this] { ++answers; },
       [this](const Failure& why) {
         ++failures;
         failure = why;
       }});

  wait();

  EXPECT_EQ(failure.name, garbage_name);
  EXPECT_EQ(answers, 0);
}

TEST_F(ConnectionTest, RefusesWhatCannotBeSentLater) {
  connection->call(
      {"not a name", "/", "org.example", "X"}, seconds(10), [](sdbus::MethodCall&) {},
      {[](sdbus::MethodReply&) {}, [this] { ++answers; }, [this](const Failure&) { ++failures; }});
  EXPECT_EQ(failures, 0);

  wait();

  EXPECT_EQ(failures, 1);
}

TEST_F(ConnectionTest, HasANameForItselfAlone) {
  const auto other = connect();

  EXPECT_TRUE(connection->request_name("org.example.Mine"));

  EXPECT_FALSE(other->request_name("org.example.Mine"));
}

TEST_F(ConnectionTest, TellsOfOwnersUntilNobodyListens) {
  int changes = 0;
  auto other = connect();
  auto subscription =
      connection->subscribe_to_owner("org.example.Other", [&changes] { ++changes; }).value();

  EXPECT_TRUE(other->request_name("org.example.Other"));
  run_until([&] { return changes == 1; });
  other.reset();
  run_until([&] { return changes == 2; });
  subscription.reset();
  other = connect();
  EXPECT_TRUE(other->request_name("org.example.Other"));
  ask_who_owns("org.example.Other"); // behind what the bus would have told
  wait();

  EXPECT_EQ(changes, 2);
}

TEST_F(ConnectionTest, SaysOnceThatTheBusIsLost) {
  bus.end();

  run_until([this] { return lost > 0; });
  ask_who_owns("org.freedesktop.DBus");
  wait();

  EXPECT_EQ(lost, 1);
  EXPECT_EQ(failure.name, no_reply_name);
}

} // namespace
} // namespace ktls::bus
