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
  // Registers MapCertificate with what `serve` answers.
  template<class Serve>
  void serve(Serve serve) {
    object = sdbus::createObject(server->raw(), mapper_path);
    object->registerMethod("MapCertificate").onInterface(mapper_name).implementedAs(serve);
    object->finishRegistration();
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
  serve([&](sdbus::Result<std::string>&& result, Chain, Dictionary) {
    held.push_back(std::make_shared<sdbus::Result<std::string>>(std::move(result)));
  });

  EXPECT_EQ(refusal(milliseconds(30)).refusal, Refusal::Unavailable);
}

TEST_F(MapperClientTest, IsUnavailableWhenItsAnswerIsOfAnotherType) {
  have_name();
  serve([](Chain, Dictionary) { return std::string("alice"); });

  EXPECT_EQ(refusal().refusal, Refusal::Unavailable);
}

TEST_F(MapperClientTest, IsUnavailableWithAStrengthThatIsNone) {
  have_name();
  for (const std::uint32_t strength : {0U, 3U}) {
    serve([strength](Chain, Dictionary) { return Answer{"alice", 1000, strength, {}}; });

    EXPECT_EQ(refusal().text, "it answers with the strength " + std::to_string(strength));
    object.reset();
  }
}

TEST_F(MapperClientTest, IsUnavailableWithoutAName) {
  have_name();
  serve([](Chain, Dictionary) { return Answer{"", 1000, 2, {}}; });

  EXPECT_EQ(refusal().refusal, Refusal::Unavailable);
}

TEST_F(MapperClientTest, IsUnavailableWithAnErrorOfItsOwn) {
  have_name();
  serve([](Chain, Dictionary) -> Answer {
    throw make_error("org.example.Mapper.Error.Odd", "new\nline");
  });

  const auto refused = refusal();

  EXPECT_EQ(refused.refusal, Refusal::Unavailable);
  EXPECT_EQ(refused.text, "new\\x0aline (org.example.Mapper.Error.Odd)");
}

} // namespace
} // namespace ktls::bus
