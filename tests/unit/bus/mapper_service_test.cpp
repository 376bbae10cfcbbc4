// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/mapper_service.hpp"

#include "bus/context_dictionary.hpp"
#include "bus/mapper_client.hpp"
#include "bus/private_bus.hpp"

namespace ktls::bus {
namespace {

using std::chrono::seconds;

constexpr uid_t stranger = 65534;

const MappedUser alice{"alice", 1000, 2, {"pin", "/etc/ktlsd/pins:3", "key", {"alice", "staff"}}};

class MapperServiceTest : public test::BusTest {
protected:
  MapperServiceTest() {
    service->set_max_in_flight(2);
    EXPECT_TRUE(server->request_name(mapper_name));
  }

  void map(const Chain& chain, const Context& context = {}) {
    client.map(chain, context, seconds(10),
               [this](MapAnswer answer) { answers.push_back(std::move(answer)); });
  }
  void wait(std::size_t count = 1) {
    run_until([this, count] { return answers.size() >= count; });
  }
  // As it goes over the bus.
  void call(const std::string& method, const std::function<void(sdbus::MethodCall&)>& write,
            const std::function<void(sdbus::MethodReply&)>& read) {
    caller->call({mapper_name, mapper_path, mapper_name, method}, seconds(10), write,
                 {read, [this] { ++replies; },
                  [this](const Failure& why) {
                    ++replies;
                    failure = why;
                  }});
    run_until([this] { return replies > 0; });
  }
  Refused refused(std::size_t index = 0) {
    return answers.at(index) ? Refused{} : answers.at(index).error();
  }

  bool answers_at_once = true;
  Chain last_chain;
  Context last_context;
  std::unique_ptr<Connection> server = connect();
  std::vector<std::function<void(MapAnswer)>> held; // while it does not answer at once
  std::unique_ptr<MapperService> service =
      MapperService::create(
          *server,
          {[this](Chain chain, Context context, auto then) {
             last_chain = std::move(chain);
             last_context = std::move(context);
             if (answers_at_once)
               then(alice);
             else
               held.push_back(then);
           },
           [](std::uint32_t uid, auto then) {
             then(Account{AccountState::Expired, "bob", {"bob"}, "of " + std::to_string(uid)});
           },
           [](const Chain&, const Context&, auto then) {
             then(Tested{
                 {{"pin", 2, 0, "no pin", "", "", ""}, {"filter", 1, 1, "", "bob", "f1", "CN=bob"}},
                 tl::make_unexpected(Refused{Refusal::UserRevoked, "bob is locked"})});
           },
           [] { return std::string("all of it"); }})
          .value();
  std::unique_ptr<Connection> caller = connect();
  MapperClient client{*caller, mapper_name};
  std::vector<MapAnswer> answers;
  int replies = 0;
  Failure failure;
};

TEST_F(MapperServiceTest, MapsACertificate) {
  Context context;
  context.rule = "nfs";
  context.local_port = 2049;
  context.anchor_spki = std::vector<std::uint8_t>(32, 7);
  context.deadline = std::chrono::steady_clock::time_point(seconds(5));

  map({{1, 2, 3}, {4}}, context);
  wait();

  ASSERT_TRUE(answers[0]) << refused().text;
  EXPECT_EQ(answers[0]->user, "alice");
  EXPECT_EQ(answers[0]->uid, 1000U);
  EXPECT_EQ(answers[0]->strength, 2U);
  EXPECT_EQ(answers[0]->evidence.rule, "/etc/ktlsd/pins:3");
  EXPECT_EQ(last_chain, (Chain{{1, 2, 3}, {4}}));
  EXPECT_EQ(last_context.rule, "nfs");
  EXPECT_EQ(last_context.local_port, 2049);
  EXPECT_EQ(last_context.anchor_spki, context.anchor_spki);
  EXPECT_EQ(last_context.deadline, context.deadline);
}

TEST_F(MapperServiceTest, SendsItsEvidence) {
  Dictionary evidence;
  call(
      "MapCertificate", [](sdbus::MethodCall& message) { message << Chain{{1}} << Dictionary(); },
      [&](sdbus::MethodReply& reply) {
        std::string user;
        std::uint32_t uid = 0;
        std::uint32_t strength = 0;
        reply >> user >> uid >> strength >> evidence;
      });

  EXPECT_EQ(evidence.at("Source").get<std::string>(), "pin");
  EXPECT_EQ(evidence.at("Attribute").get<std::string>(), "key");
  EXPECT_EQ(evidence.at("Groups").get<std::vector<std::string>>(),
            (std::vector<std::string>{"alice", "staff"}));
  EXPECT_EQ(evidence.at("AccountState").get<std::uint32_t>(), 1U);
}

TEST_F(MapperServiceTest, AnswersEachRefusalByItsName) {
  using enum Refusal;
  answers_at_once = false;
  for (const Refusal refusal : {NotMapped, Denied, Ambiguous, UserUnknown, UserRevoked, Unavailable,
                                Busy, CertificateInvalid}) {
    answers.clear();
    map({{1}});
    run_until([this] { return !held.empty(); });
    held.back()(tl::make_unexpected(Refused{refusal, "why"}));
    held.clear();
    wait();

    EXPECT_EQ(refused().refusal, refusal);
    EXPECT_EQ(refused().text, "why");
  }
}

TEST_F(MapperServiceTest, TellsAClientEachStep) {
  std::optional<Asked<Tested>> tested;
  client.test({{1}}, {}, seconds(10), [&](Asked<Tested> got) { tested = std::move(got); });
  run_until([&] { return tested.has_value(); });

  ASSERT_TRUE(*tested);
  const auto& steps = (*tested)->steps;
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].source, "pin");
  EXPECT_EQ(steps[0].result, 2U);
  EXPECT_EQ(steps[0].why, "no pin");
  EXPECT_EQ(steps[1].user, "bob");
  EXPECT_EQ(steps[1].strength, 1U);
  EXPECT_EQ(steps[1].rule, "f1");
  EXPECT_EQ(steps[1].attribute, "CN=bob");
  ASSERT_FALSE((*tested)->answer);
  EXPECT_EQ((*tested)->answer.error().refusal, Refusal::UserRevoked);
  EXPECT_EQ((*tested)->answer.error().text, "bob is locked");
}

TEST_F(MapperServiceTest, ShowsAClientItsMapping) {
  std::optional<Asked<std::string>> shown;
  client.show(seconds(10), [&](Asked<std::string> got) { shown = std::move(got); });
  run_until([&] { return shown.has_value(); });

  ASSERT_TRUE(*shown);
  EXPECT_EQ(**shown, "all of it\n");
}

TEST_F(MapperServiceTest, RefusesStrangers) {
  ASSERT_EQ(::seteuid(stranger), 0) << "this test is for root";
  const auto theirs = connect();
  ASSERT_EQ(::seteuid(0), 0);
  MapperClient other(*theirs, mapper_name);
  const auto ask = [&] {
    answers.clear();
    other.map({{1}}, {}, seconds(10),
              [this](MapAnswer answer) { answers.push_back(std::move(answer)); });
    wait();
  };

  ask();
  EXPECT_NE(refused().text.find("AccessDenied"), std::string::npos) << refused().text;
  EXPECT_TRUE(last_chain.empty());
  // it is asked anew when other users may
  service->allow_callers({stranger});
  ask();
  EXPECT_TRUE(answers[0]);
}

TEST_F(MapperServiceTest, RefusesStrangersWhateverTheyCall) {
  ASSERT_EQ(::seteuid(stranger), 0) << "this test is for root";
  caller = connect();
  ASSERT_EQ(::seteuid(0), 0);
  for (const char* method : {"ShowMappings", "CheckAccount", "TestMapping"}) {
    replies = 0;
    failure = {};
    call(
        method,
        [method](sdbus::MethodCall& message) {
          if (std::string_view(method) == "CheckAccount")
            message << std::uint32_t{1000};
          else if (std::string_view(method) == "TestMapping")
            message << Chain{{1}} << Dictionary();
        },
        [](sdbus::MethodReply&) {});

    EXPECT_EQ(failure.name, "org.freedesktop.DBus.Error.AccessDenied") << method;
  }
}

TEST_F(MapperServiceTest, IsBusyBeyondItsLimit) {
  answers_at_once = false;
  for (int i = 0; i < 3; ++i)
    map({{1}});

  wait();
  EXPECT_EQ(refused().refusal, Refusal::Busy);
  run_until([this] { return held.size() == 2; });
  // who has an answer makes room for the next
  held[0](alice);
  wait(2);
  map({{1}});
  run_until([this] { return held.size() == 3; });
  held[1](alice);
  held[2](alice);
  wait(4);
  EXPECT_TRUE(answers[3]);
}

TEST_F(MapperServiceTest, BoundsTheChain) {
  const std::vector<Chain> bad{
      {}, Chain(max_chain + 1, {1}), {{}}, {std::vector<std::uint8_t>(max_certificate + 1)}};
  for (const auto& chain : bad) {
    answers.clear();
    map(chain);
    wait();
    EXPECT_EQ(refused().refusal, Refusal::CertificateInvalid) << refused().text;
  }
  answers.clear();
  map(Chain(max_chain, std::vector<std::uint8_t>(max_certificate)));
  wait();
  EXPECT_TRUE(answers[0]);
}

TEST_F(MapperServiceTest, RefusesAContextOfOtherTypes) {
  call(
      "MapCertificate",
      [](sdbus::MethodCall& message) {
        message << Chain{{1}} << Dictionary{{"LocalPort", sdbus::Variant(std::string("443"))}};
      },
      [](sdbus::MethodReply&) {});

  EXPECT_EQ(failure.name, "org.freedesktop.DBus.Error.InvalidArgs");
  EXPECT_EQ(failure.text, "context: LocalPort is not of type q");
}

TEST(ContextFrom, KnowsItsLimits) {
  Dictionary large{{"Rule", sdbus::Variant(std::string(max_context_text + 1, 'x'))}};
  Dictionary anchor{{"AnchorSpki", sdbus::Variant(std::vector<std::uint8_t>(31))}};
  Dictionary many;
  for (std::size_t i = 0; i <= max_context; ++i)
    many.emplace("Key" + std::to_string(i), sdbus::Variant(std::uint32_t{1}));

  EXPECT_FALSE(context_from(large));
  EXPECT_FALSE(context_from(anchor));
  EXPECT_FALSE(context_from(many));
  many.erase("Key0");
  EXPECT_TRUE(context_from(many)); // keys that nobody knows
}

TEST(ContextFrom, TakesTheFarthestFutureForADeadline) {
  const auto context =
      context_from({{"DeadlineUSec", sdbus::Variant(std::numeric_limits<std::uint64_t>::max())}});

  ASSERT_TRUE(context);
  EXPECT_GT(*context->deadline, std::chrono::steady_clock::now());
}

TEST_F(MapperServiceTest, ChecksAnAccount) {
  std::uint32_t state = 0;
  Dictionary detail;
  call(
      "CheckAccount", [](sdbus::MethodCall& message) { message << std::uint32_t{1001}; },
      [&](sdbus::MethodReply& reply) { reply >> state >> detail; });

  EXPECT_EQ(state, 4U);
  EXPECT_EQ(detail.at("User").get<std::string>(), "bob");
  EXPECT_EQ(detail.at("Why").get<std::string>(), "of 1001");
}

TEST_F(MapperServiceTest, TellsEachStepOfATest) {
  using ToldStep =
      sdbus::Struct<std::string, std::uint32_t, std::uint32_t, std::string, Dictionary>;
  std::vector<ToldStep> steps;
  std::string user = "x";
  std::uint32_t uid = 0;
  std::uint32_t strength = 7;
  std::string reason;
  call(
      "TestMapping", [](sdbus::MethodCall& message) { message << Chain{{1}} << Dictionary(); },
      [&](sdbus::MethodReply& reply) { reply >> steps >> user >> uid >> strength >> reason; });

  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].get<0>(), "pin");
  EXPECT_EQ(steps[0].get<3>(), "no pin");
  EXPECT_EQ(steps[1].get<1>(), 1U);
  EXPECT_EQ(steps[1].get<4>().at("User").get<std::string>(), "bob");
  EXPECT_EQ(user, "");
  EXPECT_EQ(uid, 0xffffffff);
  EXPECT_EQ(strength, 0U);
  EXPECT_EQ(reason, "UserRevoked: bob is locked");
}

TEST_F(MapperServiceTest, ShowsWhatIsInForce) {
  std::string text;
  call(
      "ShowMappings", [](sdbus::MethodCall&) {}, [&](sdbus::MethodReply& reply) { reply >> text; });

  EXPECT_EQ(text, "all of it");
}

TEST_F(MapperServiceTest, TellsOfChanges) {
  int changes = 0;
  const auto subscription = client.subscribe([&changes] { ++changes; }).value();

  service->mappings_changed();

  run_until([&] { return changes == 1; });
}

TEST_F(MapperServiceTest, SurvivesAHandlerThatAnswersWhenTheCallerIsGone) {
  answers_at_once = false;
  map({{1}});
  run_until([this] { return !held.empty(); });
  caller = connect();

  held.back()(alice);

  EXPECT_EQ(lost, 0);
}

} // namespace
} // namespace ktls::bus
