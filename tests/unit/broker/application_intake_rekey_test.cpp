// SPDX-License-Identifier: GPL-2.0-or-later
// What an application asks of the agent about a socket that is secured.
#include <gtest/gtest.h>

#include "broker/application_intake_case.hpp"

namespace ktls {
namespace {

using test::Application;

class ApplicationIntakeRekeyTest : public test::ApplicationIntakeTest {
protected:
  template<class Request>
  Application asking_for(const Request& request, int passed) {
    Application application(path);
    application.ask(request, passed);
    pump.until_idle();
    return application;
  }
  static wire::RekeyRequest rekey_request(wire::RekeyStep step) {
    auto request = wire::make<wire::RekeyRequest>();
    request.step = step;
    return request;
  }
};

TEST_F(ApplicationIntakeRekeyTest, PassesTheStepOn) {
  open();
  auto application = asking_for(rekey_request(wire::RekeyStep::Receive), socket.ours.get());

  EXPECT_EQ(rekeys, std::vector{wire::RekeyStep::Receive});
  EXPECT_EQ(application.answer().reason.view(), "success");
}

TEST_F(ApplicationIntakeRekeyTest, TellsWhyNot) {
  open();
  rekeyed = Reason::KeyUpdateLimit;
  auto application = asking_for(rekey_request(wire::RekeyStep::Send), socket.ours.get());
  const auto reply = application.answer();

  EXPECT_EQ(reply.reason.view(), "key-update-limit");
  EXPECT_EQ(reply.error, static_cast<std::uint32_t>(EBUSY));
}

TEST_F(ApplicationIntakeRekeyTest, NeedsASocket) {
  open();
  auto application = asking_for(rekey_request(wire::RekeyStep::Send), -1);

  EXPECT_TRUE(rekeys.empty());
  EXPECT_EQ(application.answer().reason.view(), "malformed-request");
}

TEST_F(ApplicationIntakeRekeyTest, GivesTheConnectionAwayForOrders) {
  open();
  auto application = asking_for(wire::make<wire::ControlRequest>(), socket.ours.get());

  ASSERT_EQ(controls.size(), 1U);
  const auto reply = application.next<wire::StartReply>();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->reason.view(), "success");
  EXPECT_TRUE(application.has_nothing());
  application.vanish();
  pump.until_idle();
  EXPECT_TRUE(cancelled.empty());
}

TEST_F(ApplicationIntakeRekeyTest, RefusesOrdersAboutOtherSockets) {
  open();
  controllable = false;
  auto application = asking_for(wire::make<wire::ControlRequest>(), socket.ours.get());

  EXPECT_TRUE(controls.empty());
  EXPECT_EQ(application.answer().reason.view(), "key-update-unsupported");
}

TEST_F(ApplicationIntakeRekeyTest, HasOneRequestForEachConnection) {
  open();
  controllable = false;
  limits.request_timeout = std::chrono::hours(1);
  Application application(path);
  application.ask(rekey_request(wire::RekeyStep::Prepare), socket.ours.get());
  application.ask(rekey_request(wire::RekeyStep::Send), socket.ours.get());
  pump.until_idle();

  EXPECT_EQ(rekeys, std::vector{wire::RekeyStep::Prepare});
}

} // namespace
} // namespace ktls
