// SPDX-License-Identifier: GPL-2.0-or-later
// A mapper that does not keep to the interface.
#include "bus/mapper_client.hpp"

#include "bus/private_bus.hpp"

namespace ktls::bus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* other_name = "org.example.Mapper";

class MapperClientTest : public test::BusTest {
protected:
  void have_name() { EXPECT_TRUE(server->request_name(other_name)); }
  // Registers the method with what `serve` answers.
  template<class Serve>
  void serve(Serve serve, const char* method = "MapCertificate") {
    object = sdbus::createObject(server->raw(), Path(mapper_path));
    serve_as(*object, mapper_name, method, serve);
  }
  Asked<Tested> tested() {
    std::optional<Asked<Tested>> answer;
    MapperClient(*caller, other_name).test({{1}}, {}, seconds(10), [&](Asked<Tested> got) {
      answer = std::move(got);
    });
    run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }
  Asked<std::string> shown() {
    std::optional<Asked<std::string>> answer;
    MapperClient(*caller, other_name).show(seconds(10), [&](Asked<std::string> got) {
      answer = std::move(got);
    });
    run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }
  Refused refusal(std::chrono::microseconds timeout = seconds(10)) {
    std::optional<MapAnswer> answer;
    MapperClient(*caller, other_name).map({{1}}, {}, timeout, [&](MapAnswer got) {
      answer = std::move(got);
    });
    run_until([&] { return answer.has_value(); });
    EXPECT_FALSE(*answer);
    return *answer ? Refused{Refusal::NotMapped, "it answered"} : answer->error();
  }

  std::unique_ptr<Connection> server = connect();
  std::unique_ptr<Connection> caller = connect();
  std::unique_ptr<sdbus::IObject> object;
  using Answer = std::tuple<std::string, std::uint32_t, std::uint32_t, Dictionary>;
};

TEST_F(MapperClientTest, IsUnavailableWhenItIsNotThere) {
  EXPECT_EQ(refusal().refusal, Refusal::Unavailable);
}

TEST_F(MapperClientTest, IsUnavailableWhenItDoesNotAnswer) {
  have_name();
  std::vector<std::shared_ptr<sdbus::Result<std::string>>> held;
  serve([&](sdbus::Result<std::string>&& result, const Chain&, const Dictionary&) {
    held.push_back(std::make_shared<sdbus::Result<std::string>>(std::move(result)));
  });

  EXPECT_EQ(refusal(milliseconds(30)).refusal, Refusal::Unavailable);
}

TEST_F(MapperClientTest, IsUnavailableWhenItsAnswerIsOfAnotherType) {
  have_name();
  serve([](const Chain&, const Dictionary&) { return std::string("alice"); });

  EXPECT_EQ(refusal().refusal, Refusal::Unavailable);
}

TEST_F(MapperClientTest, IsUnavailableWithAStrengthThatIsNone) {
  have_name();
  for (const std::uint32_t strength : {0U, 3U}) {
    serve([strength](const Chain&, const Dictionary&) {
      return Answer{"alice", 1000, strength, {}};
    });

    EXPECT_EQ(refusal().text, "it answers with the strength " + std::to_string(strength));
    object.reset();
  }
}

TEST_F(MapperClientTest, IsUnavailableWithoutAName) {
  have_name();
  serve([](const Chain&, const Dictionary&) { return Answer{"", 1000, 2, {}}; });

  EXPECT_EQ(refusal().refusal, Refusal::Unavailable);
}

TEST_F(MapperClientTest, IsUnavailableWithAnErrorOfItsOwn) {
  have_name();
  serve([](const Chain&, const Dictionary&) -> Answer {
    throw make_error("org.example.Mapper.Error.Odd", "new\nline");
  });

  const auto refused = refusal();

  EXPECT_EQ(refused.refusal, Refusal::Unavailable);
  EXPECT_EQ(refused.text, "new\\x0aline (org.example.Mapper.Error.Odd)");
}

using StepStruct =
    sdbus::Struct<std::string, std::uint32_t, std::uint32_t, std::string, Dictionary>;
using TestReply =
    std::tuple<std::vector<StepStruct>, std::string, std::uint32_t, std::uint32_t, std::string>;

TEST_F(MapperClientTest, MakesStepsFitToBePrinted) {
  have_name();
  serve(
      [](const Chain&, const Dictionary&) {
        const std::string bad = "a\x1b[2Jb";
        return TestReply{{StepStruct{bad,
                                     7,
                                     9,
                                     bad,
                                     {{"User", sdbus::Variant(bad)},
                                      {"Rule", sdbus::Variant(bad)},
                                      {"Attribute", sdbus::Variant(bad)}}}},
                         "",
                         0xffffffff,
                         0,
                         "NotMapped: " + bad};
      },
      "TestMapping");

  const auto got = tested();

  const std::string good = "a\\x1b[2Jb";
  ASSERT_TRUE(got);
  ASSERT_EQ(got->steps.size(), 1U);
  const auto& step = got->steps[0];
  for (const auto* text : {&step.source, &step.why, &step.user, &step.rule, &step.attribute})
    EXPECT_EQ(*text, good);
  EXPECT_EQ(got->answer.error().refusal, Refusal::NotMapped);
  EXPECT_EQ(got->answer.error().text, good);
}

TEST_F(MapperClientTest, LeavesOutStepsBeyondItsLimit) {
  have_name();
  serve(
      [](const Chain&, const Dictionary&) {
        return TestReply{std::vector<StepStruct>(1000), "alice", 1000, 2, ""};
      },
      "TestMapping");

  const auto got = tested();

  ASSERT_TRUE(got);
  EXPECT_EQ(got->steps.size(), MapperClient::max_steps);
  EXPECT_EQ(got->answer->user, "alice");
}

TEST_F(MapperClientTest, BelievesNoTestThatIsNotOfTheInterface) {
  have_name();
  for (const auto& reply :
       {TestReply{{}, "", 1000, 2, ""}, TestReply{{}, "alice", 0xffffffff, 2, ""},
        TestReply{{}, "alice", 1000, 3, ""}, TestReply{{}, "alice", 1000, 2, "Odd: thing"},
        TestReply{{}, "alice", 1000, 2, "NotMapped"}}) {
    serve([reply](const Chain&, const Dictionary&) { return reply; }, "TestMapping");
    const auto got = tested();
    ASSERT_TRUE(got);
    ASSERT_FALSE(got->answer);
    EXPECT_EQ(got->answer.error().refusal, Refusal::Unavailable);
    object.reset();
  }
}

TEST_F(MapperClientTest, TellsWhyNothingCouldBeAsked) {
  EXPECT_EQ(tested().error().name, "org.freedesktop.DBus.Error.ServiceUnknown");
  EXPECT_EQ(shown().error().name, "org.freedesktop.DBus.Error.ServiceUnknown");

  have_name();
  serve([](const Chain&, const Dictionary&) { return std::string("alice"); }, "TestMapping");
  EXPECT_EQ(tested().error().name, garbage_name);
}

TEST_F(MapperClientTest, ShowsLinesFitToBePrinted) {
  have_name();
  serve([] { return std::string("[mapd]\nname = \"\x1b[2J\"\n\nend"); }, "ShowMappings");

  EXPECT_EQ(shown().value(), "[mapd]\nname = \"\\x1b[2J\"\n\nend\n");
}

} // namespace
} // namespace ktls::bus
