// SPDX-License-Identifier: GPL-2.0-or-later
// What a real SSSD does not do at will: tests/kernel/scenarios/mapper-sssd has one.
#include "bus/sssd_client.hpp"

#include "bus/fake_sssd.hpp"
#include "bus/private_bus.hpp"

namespace ktls::bus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using test::FakeSssd;

class SssdClientTest : public test::BusTest {
protected:
  void find(std::chrono::microseconds timeout = seconds(10)) {
    const std::vector<std::uint8_t> certificate(50, 0xfb);
    client.find(certificate, timeout, [this](SssdAnswer found) {
      ++answers;
      answer = std::move(found);
    });
  }
  void find_and_wait(std::chrono::microseconds timeout = seconds(10)) {
    find(timeout);
    run_until([this] { return answers > 0; });
  }
  std::string failure() { return answer ? "it answered" : answer.error(); }
  void answer_with(const FakeSssd::Paths& paths) {
    sssd->on_list = [this, paths](const FakeSssd::List& result) { sssd->answer(result, paths); };
  }

  std::unique_ptr<Connection> connection = connect();
  SssdClient client{*connection};
  std::optional<FakeSssd> sssd{connect()};
  SssdAnswer answer = tl::make_unexpected(std::string("none yet"));
  int answers = 0;
};

TEST_F(SssdClientTest, FindsTheUser) {
  answer_with({sssd->add("corp", "alice", std::uint32_t{1001})});

  find_and_wait();

  ASSERT_TRUE(answer) << answer.error();
  const auto* user = std::get_if<SssdUser>(&*answer);
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(user->name, "alice");
  EXPECT_EQ(user->uid, 1001U);
  EXPECT_EQ(user->domain, "corp");
}

TEST_F(SssdClientTest, AsksForTwoWithPem) {
  answer_with({});

  find_and_wait();

  EXPECT_EQ(sssd->asked_limit, 2U);
  EXPECT_EQ(sssd->asked_for, "-----BEGIN CERTIFICATE-----\n"
                             "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7\n"
                             "+/s=\n"
                             "-----END CERTIFICATE-----\n");
}

TEST_F(SssdClientTest, FindsNobody) {
  answer_with({});

  find_and_wait();

  ASSERT_TRUE(answer);
  EXPECT_TRUE(std::holds_alternative<SssdNobody>(*answer));
}

TEST_F(SssdClientTest, FindsSeveral) {
  answer_with({sssd->add("corp", "alice", std::uint32_t{1001}),
               sssd->add("other", "alice", std::uint32_t{2001})});

  find_and_wait();

  ASSERT_TRUE(answer);
  EXPECT_TRUE(std::holds_alternative<SssdSeveral>(*answer));
}

TEST_F(SssdClientTest, SaysWhatAnAdministratorCanDo) {
  sssd->on_list = [this](const FakeSssd::List& result) {
    sssd->fail(result, "org.freedesktop.DBus.Error.AuthFailed", "no\npermission");
  };

  find_and_wait();

  EXPECT_EQ(failure(), "org.freedesktop.DBus.Error.AuthFailed: no\\x0apermission; is "
                       "ktls-mapd in allowed_uids, in [ifp] of sssd.conf?");
}

TEST_F(SssdClientTest, TakesEveryErrorForOne) {
  for (const char* name :
       {"sbus.Error.NotFound", "sbus.Error.Errno", "org.freedesktop.DBus.Error.Disconnected",
        "org.freedesktop.DBus.Error.IOError", "org.freedesktop.DBus.Error.InvalidArgs"}) {
    sssd->on_list = [this, name](const FakeSssd::List& result) { sssd->fail(result, name, "x"); };
    answers = 0;

    find_and_wait();

    EXPECT_TRUE(failure().starts_with(name)) << failure();
  }
}

TEST_F(SssdClientTest, DoesNotWaitBeyondItsTime) {
  find_and_wait(milliseconds(30)); // it does not answer

  EXPECT_NE(failure().find("NoReply"), std::string::npos) << failure();

  // the late answer is nobody's
  sssd->answer(*sssd->held.front(), {});
  answers = 0;
  answer_with({});
  find_and_wait();
  EXPECT_EQ(answers, 1);
}

TEST_F(SssdClientTest, WaitsForASlowOne) {
  find();
  run_until([this] { return !sssd->held.empty(); });

  sssd->answer(*sssd->held.front(), {});

  run_until([this] { return answers > 0; });
  EXPECT_TRUE(answer);
}

TEST_F(SssdClientTest, TakesAUserWithoutPropertiesForAnError) {
  answer_with({sdbus::ObjectPath("/org/freedesktop/sssd/infopipe/Users/corp/1")});

  find_and_wait();

  EXPECT_TRUE(failure().starts_with("org.freedesktop.DBus.Error.Unknown")) << failure();
  EXPECT_EQ(answers, 1);
}

TEST_F(SssdClientTest, TakesAPathThatIsNoUsersForAnError) {
  answer_with({sdbus::ObjectPath("/org/freedesktop/DBus")});

  find_and_wait();

  EXPECT_NE(failure().find("which is no user"), std::string::npos) << failure();
}

TEST_F(SssdClientTest, TakesOneSuchPathAmongUsersForAnError) {
  answer_with({sssd->add("corp", "alice", std::uint32_t{1001}), sdbus::ObjectPath("/b")});

  find_and_wait();

  EXPECT_NE(failure().find("it lists /b, which is no user"), std::string::npos) << failure();
}

TEST_F(SssdClientTest, TakesPropertiesOfOtherTypesForAnError) {
  answer_with({sssd->add("corp", "alice", std::string("1001"))});

  find_and_wait();

  EXPECT_TRUE(failure().starts_with(garbage_name)) << failure();
}

TEST_F(SssdClientTest, TakesAnEmptyNameForAnError) {
  answer_with({sssd->add("corp", "", std::uint32_t{1001})});

  find_and_wait();

  EXPECT_FALSE(answer);
}

TEST_F(SssdClientTest, SeesItGoInMidFlight) {
  find();
  run_until([this] { return !sssd->held.empty(); });

  sssd.reset();

  run_until([this] { return answers > 0; });
  EXPECT_NE(failure().find("NoReply"), std::string::npos) << failure();
  answers = 0;
  sssd.emplace(connect()); // and it is back
  answer_with({});
  find_and_wait();
  EXPECT_TRUE(answer);
}

TEST_F(SssdClientTest, SaysThatItIsNotThere) {
  sssd.reset();

  find_and_wait();

  EXPECT_NE(failure().find("ServiceUnknown"), std::string::npos) << failure();
  EXPECT_NE(failure().find("sssd-dbus"), std::string::npos) << failure();
}

} // namespace
} // namespace ktls::bus
