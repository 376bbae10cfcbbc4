// SPDX-License-Identifier: GPL-2.0-or-later
// The mapper over a bus of the test's own, which comes and goes.
#include "broker/bus_mapper.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "broker/authoriser.hpp"
#include "bus/mapper_service.hpp"
#include "bus/private_bus.hpp"
#include "support/pump.hpp"

namespace ktls {
namespace {

using bus::Refusal;
using std::chrono::milliseconds;
using std::chrono::seconds;

const bus::MappedUser alice_of_bus{"alice", 1000, 2, {"pin", "pins:1", "key", {"alice", "staff"}}};

class BusMapperTest : public testing::Test {
protected:
  BusMapperTest() { ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address().c_str(), 1); }
  ~BusMapperTest() override { ::unlink(path().c_str()); }

  static std::string path() { return "/tmp/ktls-bus-mapper." + std::to_string(::getpid()); }
  static std::string address() { return "unix:path=" + path(); }
  void start_bus() { bus_.emplace(address()); }
  void end_bus() { bus_.reset(); }
  // With a bus: the mapper is connected to it.
  void connect() {
    start_bus();
    mapper.start();
    pump.until([this] { return changes > 0; });
    changes = 0;
  }
  void open_server() {
    auto opened = bus::Connection::open(loop, [] {});
    ASSERT_TRUE(opened) << opened.error().message();
    server = std::move(*opened);
  }
  void have_name() {
    open_server();
    ASSERT_TRUE(server->request_name(bus::mapper_name));
  }
  // A mapper that keeps to the interface; answers with `answer`, or not at all.
  void serve() {
    open_server();
    service = bus::MapperService::create(
                  *server, {[this](bus::Chain chain, bus::Context context, auto then) {
                              last_chain = std::move(chain);
                              last_context = std::move(context);
                              if (answer)
                                then(*answer);
                              else
                                held.push_back(std::move(then));
                            },
                            [](std::uint32_t, auto then) { then(bus::Account{}); },
                            [](const auto&, const auto&, auto then) { then(bus::Tested{}); },
                            [] { return std::string(); }})
                  .value();
    service->set_max_in_flight(100);
    service->allow_callers({::geteuid()});
    ASSERT_TRUE(server->request_name(bus::mapper_name));
  }
  // A mapper that does not.
  template<class Serve>
  void serve_anything(Serve serve) {
    have_name();
    object = sdbus::createObject(server->raw(), bus::Path(bus::mapper_path));
    bus::serve_as(*object, bus::mapper_name, "MapCertificate", serve);
  }
  void stop_serving() {
    object.reset();
    service.reset();
    server.reset();
  }

  static MappingQuestion question() {
    MappingQuestion out;
    out.chain = {{std::byte{1}, std::byte{2}}, {std::byte{3}}};
    out.anchor_spki[0] = 7;
    out.rule = "nfs";
    out.profile = "p";
    out.local_address = "192.0.2.1";
    out.local_port = 2049;
    out.server_name = "db.example.org";
    return out;
  }
  MappingAnswer ask(milliseconds within = seconds(30)) {
    std::optional<MappingAnswer> got;
    mapper.map(question(), EventLoop::Clock::now() + within,
               [&](MappingAnswer answered) { got = std::move(answered); });
    pump.until([&] { return got.has_value(); });
    return got ? *got : tl::make_unexpected(NotMapped{Reason::InternalError, "no answer"});
  }
  Reason reason(milliseconds within = seconds(30)) {
    const auto got = ask(within);
    return got ? Reason::Success : got.error().reason;
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  int changes = 0;
  std::optional<bus::test::PrivateBus> bus_;
  std::unique_ptr<bus::Connection> server;
  std::unique_ptr<bus::MapperService> service;
  std::unique_ptr<sdbus::IObject> object;
  std::optional<bus::MapAnswer> answer = alice_of_bus;
  std::vector<std::function<void(bus::MapAnswer)>> held;
  bus::Chain last_chain;
  bus::Context last_context;
  BusMapper mapper{loop, [this] { ++changes; }};
  using Answer = std::tuple<std::string, std::uint32_t, std::uint32_t, bus::Dictionary>;
};

TEST_F(BusMapperTest, IsUnavailableBeforeItHasBegun) {
  EXPECT_EQ(reason(), Reason::MapperUnavailable);
}

TEST_F(BusMapperTest, TriesUntilThereIsABus) {
  mapper.start();
  const auto tried = [this] {
    const auto got = ask();
    return !got && got.error().detail.find("connecting to the system bus") != std::string::npos;
  };
  const auto limit = EventLoop::Clock::now() + seconds(60);
  while (!tried() && EventLoop::Clock::now() < limit)
    (void)loop.run_once(milliseconds(20));
  ASSERT_TRUE(tried()) << "it says why";
  EXPECT_EQ(reason(), Reason::MapperUnavailable);

  start_bus();
  pump.until([this] { return changes > 0; });
  serve();

  EXPECT_EQ(reason(), Reason::Success);
}

TEST_F(BusMapperTest, AsksAllThatIsKnown) {
  connect();
  serve();
  const auto deadline = EventLoop::Clock::now() + seconds(30);

  const auto got = ask(seconds(30));

  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(got->name, "alice");
  EXPECT_EQ(got->uid, 1000U);
  EXPECT_EQ(got->strength, policy::MappingStrength::Strong);
  EXPECT_EQ(got->source, "pin");
  EXPECT_EQ(got->rule, "pins:1");
  EXPECT_EQ(got->attribute, "key");
  EXPECT_EQ(got->groups, (std::vector<std::string>{"alice", "staff"}));
  EXPECT_EQ(last_chain, (bus::Chain{{1, 2}, {3}}));
  EXPECT_EQ(last_context.rule, "nfs");
  EXPECT_EQ(last_context.profile, "p");
  EXPECT_EQ(last_context.local_address, "192.0.2.1");
  EXPECT_EQ(last_context.local_port, 2049);
  EXPECT_EQ(last_context.server_name, "db.example.org");
  ASSERT_EQ(last_context.anchor_spki.size(), 32U);
  EXPECT_EQ(last_context.anchor_spki[0], 7);
  ASSERT_TRUE(last_context.deadline);
  EXPECT_GE(*last_context.deadline, deadline - milliseconds(1));
}

TEST_F(BusMapperTest, HasAReasonForEachRefusal) {
  connect();
  serve();
  const std::map<Refusal, Reason> reasons{
      {Refusal::NotMapped, Reason::UserNotMapped},
      {Refusal::UserUnknown, Reason::UserNotMapped},
      {Refusal::Denied, Reason::MappingDenied},
      {Refusal::Ambiguous, Reason::AmbiguousMapping},
      {Refusal::UserRevoked, Reason::UserRevoked},
      {Refusal::Busy, Reason::Busy},
      {Refusal::CertificateInvalid, Reason::CertificateInvalid},
      {Refusal::Unavailable, Reason::MapperUnavailable},
  };
  for (const auto& [refusal, expected] : reasons) {
    answer = tl::make_unexpected(bus::Refused{refusal, "why"});
    const auto got = ask();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().reason, expected) << name_of(refusal);
    EXPECT_EQ(got.error().detail, "why");
  }
}

TEST_F(BusMapperTest, TellsThatTheMapperCameOrWentOrChanged) {
  connect();
  serve();
  pump.until([this] { return changes == 1; });

  service->mappings_changed();
  pump.until([this] { return changes == 2; });

  stop_serving();
  pump.until([this] { return changes == 3; });
  EXPECT_EQ(reason(), Reason::MapperUnavailable);
}

TEST_F(BusMapperTest, ConnectsAgainWhenTheBusHasGone) {
  connect();
  serve();
  ASSERT_EQ(reason(), Reason::Success);
  changes = 0;

  stop_serving();
  end_bus();
  pump.until([this] {
    const auto got = ask();
    return !got && got.error().detail.find("bus") != std::string::npos && changes > 0;
  });
  EXPECT_EQ(reason(), Reason::MapperUnavailable);
  changes = 0;

  start_bus();
  pump.until([this] { return changes > 0; });
  serve();
  EXPECT_EQ(reason(), Reason::Success);
}

TEST_F(BusMapperTest, AnswersWhatIsUnderWayWhenTheBusGoes) {
  connect();
  serve();
  answer = std::nullopt;
  std::optional<MappingAnswer> got;
  mapper.map(question(), EventLoop::Clock::now() + seconds(600),
             [&](MappingAnswer answered) { got = std::move(answered); });
  pump.until([this] { return !held.empty(); });
  ASSERT_FALSE(got);

  end_bus();
  pump.until([&] { return got.has_value(); });

  ASSERT_FALSE(*got);
  EXPECT_EQ(got->error().reason, Reason::MapperUnavailable);
  held.clear(); // it has nobody to answer any more
  stop_serving();
}

TEST_F(BusMapperTest, IsUnavailableWithoutAMapper) {
  connect();

  EXPECT_EQ(reason(), Reason::MapperUnavailable);
}

TEST_F(BusMapperTest, BelievesNoAnswerOfAnotherType) {
  connect();
  serve_anything([](const bus::Chain&, const bus::Dictionary&) { return std::string("alice"); });

  EXPECT_EQ(reason(), Reason::MapperUnavailable);
}

TEST_F(BusMapperTest, BelievesNoMapperThatDoesNotSayHowItKnows) {
  connect();
  serve_anything([](const bus::Chain&, const bus::Dictionary&) {
    return Answer{"alice", 1000, 2, {}};
  });

  const auto got = ask();

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().reason, Reason::MapperUnavailable);
  EXPECT_EQ(got.error().detail, "the mapper does not say how it knows");
}

TEST_F(BusMapperTest, WaitsForASlowMapper) {
  connect();
  serve();
  answer = std::nullopt;
  std::optional<MappingAnswer> got;
  mapper.map(question(), EventLoop::Clock::now() + seconds(60),
             [&](MappingAnswer answered) { got = std::move(answered); });
  pump.until([this] { return !held.empty(); });
  const auto later = EventLoop::Clock::now() + milliseconds(200);
  while (EventLoop::Clock::now() < later)
    (void)loop.run_once(milliseconds(20));
  EXPECT_FALSE(got);

  held.front()(alice_of_bus);
  pump.until([&] { return got.has_value(); });

  EXPECT_TRUE(*got);
}

TEST_F(BusMapperTest, GivesUpOneThatNeverAnswers) {
  connect();
  serve();
  answer = std::nullopt;
  const auto began = EventLoop::Clock::now();

  EXPECT_EQ(reason(milliseconds(50)), Reason::MapperUnavailable);

  EXPECT_GE(EventLoop::Clock::now() - began, milliseconds(50));
  EXPECT_LT(EventLoop::Clock::now() - began, seconds(30));
}

// The authoriser's limit is before that.
TEST_F(BusMapperTest, NeverAnsweringIsATimeoutOfTheHandshake) {
  connect();
  serve();
  answer = std::nullopt;
  Authoriser authoriser(loop, mapper);
  std::optional<MappingAnswer> got;

  authoriser.ask(question(), {}, EventLoop::Clock::now() + milliseconds(50),
                 [&](const MappingAnswer& answered) { got = answered; });
  pump.until([&] { return got.has_value(); });

  ASSERT_FALSE(*got);
  EXPECT_EQ(got->error().reason, Reason::MappingTimeout);
  held.front()(alice_of_bus);
  pump.until_idle();
}

} // namespace
} // namespace ktls
