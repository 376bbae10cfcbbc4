// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/configuration.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/sockets.hpp"
#include "support/test_data.hpp"

namespace ktls {
namespace {

using Lines = std::vector<std::string>;

const KernelSuites kernel_suites{{"TLS_AES_256_GCM_SHA384"}, {"TLS_AES_256_GCM_SHA384"}, true};

class ConfigurationTest : public testing::Test {
protected:
  void write(const std::string& name, const std::string& text) const {
    const auto path = directory.file(name.c_str());
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  void allow(const std::string& name, mode_t mode) const {
    ASSERT_EQ(::chmod(directory.file(name.c_str()).c_str(), mode), 0);
  }
  [[nodiscard]] ConfigurationSource source(bool named = true) const { return {main, named}; }
  // Without the directory in front.
  [[nodiscard]] Lines names(bool named = true) const {
    Lines out;
    const auto files = read_sources(source(named));
    for (const auto& file : files.value())
      out.push_back(file.name.substr(directory.file("").size()));
    return out;
  }
  [[nodiscard]] Lines problems(bool named = true) const {
    const auto sources = read_sources(source(named));
    return sources ? Lines{} : sources.error().lines;
  }
  void expect_problem(const std::string& path, const std::string& text) const {
    const auto lines = problems();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].rfind(path + ": ", 0), 0U) << lines[0];
    EXPECT_NE(lines[0].find(text), std::string::npos) << lines[0];
  }

  test::TemporaryDirectory directory;
  std::string main = directory.file("ktlsd.toml");
};

TEST_F(ConfigurationTest, ReadsTheMainFile) {
  write("ktlsd.toml", "# nothing\n");

  const auto sources = read_sources(source());

  ASSERT_TRUE(sources);
  ASSERT_EQ(sources->size(), 1U);
  EXPECT_EQ(sources->at(0).name, main);
  EXPECT_EQ(sources->at(0).text, "# nothing\n");
}

TEST_F(ConfigurationTest, ReadsTheDirectoryBehindItInTheOrderOfNames) {
  write("conf.d/20-b.toml", "");
  write("conf.d/10-c.toml", "");
  write("conf.d/a.toml", "");
  write("conf.d/A.toml", "");
  write("ktlsd.toml", "");

  EXPECT_EQ(names(), (Lines{"ktlsd.toml", "conf.d/10-c.toml", "conf.d/20-b.toml", "conf.d/A.toml",
                            "conf.d/a.toml"}));
}

TEST_F(ConfigurationTest, PassesOverOtherNames) {
  write("ktlsd.toml", "");
  write("conf.d/a.toml~", "");
  write("conf.d/a.toml.bak", "");
  write("conf.d/.toml", "");
  write("conf.d/README", "");
  write("conf.d/deeper/a.toml", "");
  write("other.toml", "");

  EXPECT_EQ(names(), Lines{"ktlsd.toml"});
}

TEST_F(ConfigurationTest, WantsAMainFileThatWasNamed) {
  write("conf.d/a.toml", "");

  EXPECT_EQ(problems(), Lines{main + ": No such file or directory"});
}

TEST_F(ConfigurationTest, DoesWithoutAMainFileThatWasNotNamed) {
  EXPECT_EQ(names(false), Lines{});
  write("conf.d/a.toml", "");

  EXPECT_EQ(names(false), Lines{"conf.d/a.toml"});
}

// Nobody means that by it.
TEST_F(ConfigurationTest, RefusesALinkThatLeadsNowhere) {
  std::filesystem::create_symlink("nowhere", main);

  EXPECT_EQ(problems(false), Lines{directory.file("nowhere") + ": No such file or directory"});
}

TEST_F(ConfigurationTest, RefusesALinkThatLeadsNowhereInsteadOfTheDirectory) {
  write("ktlsd.toml", "");
  std::filesystem::create_symlink("nowhere", directory.file("conf.d"));

  expect_problem(directory.file("nowhere"), "No such file or directory");
}

TEST_F(ConfigurationTest, RefusesWhatIsNoDirectory) {
  write("ktlsd.toml", "");
  write("conf.d", "");

  expect_problem(directory.file("conf.d"), "Not a directory");
}

TEST_F(ConfigurationTest, RefusesADirectoryAsAFile) {
  write("ktlsd.toml", "");
  std::filesystem::create_directories(directory.file("conf.d/a.toml"));

  expect_problem(directory.file("conf.d/a.toml"), "directory");
}

TEST_F(ConfigurationTest, RefusesFilesThatOthersCanChange) {
  write("ktlsd.toml", "");
  allow("ktlsd.toml", 0666);

  expect_problem(main, "chmod go-w");
}

TEST_F(ConfigurationTest, RefusesFilesInTheDirectoryThatOthersCanChange) {
  write("ktlsd.toml", "");
  write("conf.d/a.toml", "");
  allow("conf.d/a.toml", 0602);

  expect_problem(directory.file("conf.d/a.toml"), "chmod go-w");
}

// Files could be added, even while there are none.
TEST_F(ConfigurationTest, RefusesADirectoryThatOthersCanChange) {
  write("ktlsd.toml", "");
  write("conf.d/a", "");
  allow("conf.d", 0777);

  expect_problem(directory.file("conf.d"), "chmod go-w");
}

// Of another user, as which the agent runs; what the files name is judged in the same way.
TEST_F(ConfigurationTest, TakesFilesOfTheUserWhoIsAskedFor) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give files away";
  constexpr uid_t somebody = 12345;
  write("ca.pem", test::data("ca.pem"));
  write("ktlsd.toml", fmt::format("[profile.one]\nhandshake_role = \"client\"\n"
                                  "truststore = \"{}\"\n",
                                  directory.file("ca.pem")));
  write("conf.d/a.toml", "");
  for (const auto* name : {"ca.pem", "ktlsd.toml", "conf.d", "conf.d/a.toml"})
    ASSERT_EQ(::chown(directory.file(name).c_str(), somebody, 0), 0);

  EXPECT_FALSE(read_configuration({main, true}, kernel_suites));
  const auto theirs = read_configuration({main, true, somebody}, kernel_suites);
  EXPECT_TRUE(theirs) << theirs.error().lines.front();
}

TEST_F(ConfigurationTest, TellsAllProblemsAtOnce) {
  write("ktlsd.toml", "");
  write("conf.d/a.toml", "");
  write("conf.d/b.toml", "");
  write("conf.d/c.toml", "");
  allow("ktlsd.toml", 0666);
  allow("conf.d/a.toml", 0666);
  allow("conf.d/c.toml", 0666);

  const auto lines = problems();

  ASSERT_EQ(lines.size(), 3U);
  EXPECT_NE(lines[0].find("ktlsd.toml"), std::string::npos);
  EXPECT_NE(lines[1].find("a.toml"), std::string::npos);
  EXPECT_NE(lines[2].find("c.toml"), std::string::npos);
}

TEST_F(ConfigurationTest, LimitsTheSizeOfAFile) {
  constexpr std::size_t most = 4UL * 1024 * 1024;
  write("ktlsd.toml", std::string(most, '\n'));
  EXPECT_EQ(problems(), Lines{});

  write("ktlsd.toml", std::string(most + 1, '\n'));

  expect_problem(main, "File too large");
}

TEST_F(ConfigurationTest, LimitsTheNumberOfFiles) {
  constexpr int most = 1024;
  for (int i = 0; i < most; ++i)
    write(fmt::format("conf.d/{}.toml", i), "");
  write("ktlsd.toml", "");
  EXPECT_EQ(names().size(), most + 1U);

  write("conf.d/last.toml", "");

  expect_problem(directory.file("conf.d"), "more than 1024 files");
}

TEST_F(ConfigurationTest, IsOnePolicyOfAllFiles) {
  write("ktlsd.toml", "[profile.one]\nhandshake_role = \"client\"\ntruststore = \"system\"\n");
  write("conf.d/rule.toml", "[[rule]]\nname = \"all\"\nprofile = \"one\"\n");

  const auto policy = read_policy(source());

  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->profiles().size(), 1U);
  ASSERT_EQ(policy->rules().size(), 1U);
  EXPECT_EQ(policy->rules()[0].name, "all");
}

TEST_F(ConfigurationTest, KnowsUsersOfThisHost) {
  write("ktlsd.toml", "[[rule]]\nname = \"all\"\nuser = [\"root\"]\naction = \"deny\"\n");

  const auto policy = read_policy(source());

  ASSERT_TRUE(policy) << policy.error().lines.at(0);
  policy::Facts facts;
  facts.uid = 0;
  EXPECT_NE(policy->decide(facts, {}).rule, nullptr);
}

TEST_F(ConfigurationTest, TellsWhereThePolicyIsWrong) {
  write("ktlsd.toml", "[[rule]]\nname = \"all\"\nprofile = \"one\"\n");

  const auto policy = read_policy(source());

  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().lines.at(0).rfind(main + ":", 0), 0U) << policy.error().lines[0];
}

TEST_F(ConfigurationTest, HasWhatThePolicyNames) {
  write("ktlsd.toml", fmt::format("[profile.one]\nhandshake_role = \"client\"\n"
                                  "truststore = \"{}\"\n",
                                  test::data_path("ca.pem")));

  const auto configuration = read_configuration(source(), kernel_suites);

  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->policy.profiles().size(), 1U);
  EXPECT_EQ(configuration->snapshot.profiles.size(), 1U);
  EXPECT_EQ(configuration->snapshot.workers.trust_stores.size(), 1U);
}

TEST_F(ConfigurationTest, TellsWhatIsWrongWithWhatThePolicyNames) {
  write("ktlsd.toml", "[profile.one]\nhandshake_role = \"client\"\n"
                      "truststore = \"/nowhere/ca.pem\"\n");

  const auto configuration = read_configuration(source(), kernel_suites);

  ASSERT_FALSE(configuration);
  EXPECT_NE(configuration.error().lines.at(0).find("/nowhere/ca.pem"), std::string::npos);
}

TEST_F(ConfigurationTest, WarnsOfOneWithoutRules) {
  const auto nothing = read_configuration(source(false), kernel_suites);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->snapshot.warnings,
            Lines{main + " has no rules: every handshake is refused with no-policy; write some, "
                         "see ktlsd.toml(5), and reload"});

  write("ktlsd.toml", "[agent]\ndefault_action = \"clear\"\n");
  const auto clear = read_configuration(source(), kernel_suites);
  ASSERT_TRUE(clear);
  ASSERT_EQ(clear->snapshot.warnings.size(), 1U);
  EXPECT_NE(clear->snapshot.warnings[0].find("policy-clear"), std::string::npos);

  write("ktlsd.toml", "[[rule]]\nname = \"all\"\naction = \"deny\"\n");
  EXPECT_EQ(read_configuration(source(), kernel_suites).value().snapshot.warnings, Lines{});
}

} // namespace
} // namespace ktls
