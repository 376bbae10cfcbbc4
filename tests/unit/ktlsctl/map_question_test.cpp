// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/map_question.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <span>

#include "policy/pin.hpp"
#include "support/test_data.hpp"
#include "tls/certificate.hpp"

namespace ktls::command {
namespace {

tls::Der der_of(const std::string& name) {
  return tls::certificates_from_pem(test::data(name)).value().front();
}
std::string pin_of(const std::string& name) {
  return policy::pin_text(tls::spki_sha256(der_of(name)).value());
}
std::string binary(const tls::Der& der) {
  return {reinterpret_cast<const char*>(der.data()), der.size()};
}

class MapQuestionTest : public testing::Test {
protected:
  ~MapQuestionTest() override {
    for (const auto& path : made_)
      ::unlink(path.c_str());
  }
  std::string file(const std::string& content) {
    made_.push_back("/tmp/ktls-map-question." + std::to_string(::getpid()) + "." +
                    std::to_string(made_.size()));
    std::ofstream(made_.back()) << content;
    return made_.back();
  }
  std::string problem(const MapFiles& files) {
    const auto question = read_question(files);
    return question ? "" : question.error().message();
  }

private:
  std::vector<std::string> made_;
};

TEST_F(MapQuestionTest, TakesAChainInPem) {
  const auto leaf = der_of("below-intermediate.pem");
  const auto question = read_question(
      {file(test::data("below-intermediate.pem") + test::data("intermediate.pem")), ""});

  ASSERT_TRUE(question);
  ASSERT_EQ(question->chain.size(), 2U);
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(question->chain[0])), leaf));
  EXPECT_EQ(question->subject, tls::names_of(leaf, 1000)->subject);
  EXPECT_EQ(question->issuer, tls::names_of(leaf, 1000)->issuer);
  EXPECT_EQ(question->sha256, policy::pin_text(tls::sha256(leaf).value()));
}

TEST_F(MapQuestionTest, TakesOneInDer) {
  const auto leaf = der_of("server.pem");

  const auto question = read_question({file(binary(leaf)), ""});

  ASSERT_TRUE(question);
  ASSERT_EQ(question->chain.size(), 1U);
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(question->chain[0])), leaf));
}

TEST_F(MapQuestionTest, KnowsTheAnchorThatIsNamed) {
  const auto chain = file(test::data("server.pem"));
  for (const auto& anchor : {file(test::data("ca.pem")), file(binary(der_of("ca.pem")))}) {
    const auto question = read_question({chain, anchor});

    ASSERT_TRUE(question);
    EXPECT_EQ(question->anchor_sha256, pin_of("ca.pem"));
    EXPECT_EQ(question->anchor_from, anchor);
    EXPECT_EQ(question->context.anchor_spki.size(), 32U);
  }
}

TEST_F(MapQuestionTest, KnowsTheAnchorAtTheEndOfTheChain) {
  const auto with = read_question({file(test::data("server.pem") + test::data("ca.pem")), ""});
  const auto without = read_question({file(test::data("server.pem")), ""});

  ASSERT_TRUE(with);
  EXPECT_EQ(with->anchor_sha256, pin_of("ca.pem"));
  EXPECT_NE(with->anchor_from.find("the last certificate of "), std::string::npos);
  ASSERT_TRUE(without);
  EXPECT_EQ(without->anchor_sha256, "");
  EXPECT_TRUE(without->context.anchor_spki.empty());
}

TEST_F(MapQuestionTest, SaysWhatIsWrongWithAFile) {
  const auto good = file(test::data("server.pem"));
  const auto garbage = file("garbage");
  std::string many;
  for (std::size_t i = 0; i <= bus::max_chain; ++i)
    many += test::data("server.pem");
  const auto too_many = file(many);
  const auto two = file(test::data("server.pem") + test::data("ca.pem"));
  const auto key = file(test::data("leaf.key"));

  EXPECT_EQ(problem({"/nowhere/a.pem", ""}), "/nowhere/a.pem: No such file or directory");
  EXPECT_EQ(problem({garbage, ""}),
            garbage + ": it holds no certificate, neither in PEM nor in DER");
  EXPECT_EQ(problem({key, ""}).find(key + ": reading PEM certificates: "), 0U)
      << problem({key, ""});
  EXPECT_EQ(problem({too_many, ""}),
            too_many + ": it holds 17 certificates; a chain has at most 16");
  EXPECT_EQ(problem({good, "/nowhere/ca.pem"}), "/nowhere/ca.pem: No such file or directory");
  EXPECT_EQ(problem({good, two}),
            two + ": it holds 2 certificates; give a file with that of the anchor alone");
}

} // namespace
} // namespace ktls::command
