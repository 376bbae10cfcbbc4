// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/command_line.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

#include "ktlsctl/status.hpp"

namespace ktls::command {
namespace {

class CommandLine : public testing::Test {
protected:
  CommandLine() { add_commands(app, status); }

  // All of them, with those below.
  std::vector<const CLI::App*> commands() {
    std::vector<const CLI::App*> out;
    for (const auto* command : app.get_subcommands({})) {
      out.push_back(command);
      for (const auto* below : command->get_subcommands({})) {
        out.push_back(below);
        for (const auto* last : below->get_subcommands({}))
          out.push_back(last);
      }
    }
    return out;
  }
  // What was given once stays: each command line needs its own.
  static bool is_mistake(std::vector<std::string> words) {
    CLI::App other;
    int ignored = success;
    add_commands(other, ignored);
    std::ranges::reverse(words);
    try {
      other.parse(words);
    } catch (const CLI::ParseError& error) {
      return error.get_exit_code() != 0;
    }
    return false;
  }

  CLI::App app;
  int status = success;
};

std::string completion(const char* name) {
  std::ifstream file(std::string(KTLS_COMPLETIONS "/") + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool has_word(const std::string& text, const std::string& word) {
  return std::regex_search(text, std::regex("(^|[^a-z-])" + word + "($|[^a-z-])"));
}

TEST_F(CommandLine, IsCompletedByEachShell) {
  for (const auto* file : {"ktlsctl.bash", "_ktlsctl", "ktlsctl.fish"}) {
    const auto text = completion(file);
    ASSERT_FALSE(text.empty()) << file;
    for (const auto* command : commands()) {
      EXPECT_TRUE(has_word(text, command->get_name())) << file << ": " << command->get_name();
      for (const auto* option : command->get_options()) {
        for (const auto& name : option->get_lnames())
          EXPECT_TRUE(has_word(text, name) || has_word(text, "--" + name))
              << file << ": " << command->get_name() << " --" << name;
      }
    }
  }
}

TEST_F(CommandLine, SaysWhatEachOfItsOptionsIs) {
  for (const auto* command : commands()) {
    EXPECT_FALSE(command->get_description().empty()) << command->get_name();
    for (const auto* option : command->get_options())
      EXPECT_FALSE(option->get_description().empty())
          << command->get_name() << " " << option->get_name();
  }
}

TEST_F(CommandLine, RefusesWhatMeansNothing) {
  EXPECT_TRUE(is_mistake({}));
  EXPECT_TRUE(is_mistake({"show"}));
  EXPECT_TRUE(is_mistake({"show", "x"}));
  EXPECT_TRUE(is_mistake({"show", "-1"}));
  EXPECT_TRUE(is_mistake({"show", "18446744073709551616"}));
  EXPECT_TRUE(is_mistake({"rekey", "010"}));
  EXPECT_TRUE(is_mistake({"terminate", "1", "-2"}));
  EXPECT_TRUE(is_mistake({"show", "1", "--json", "--pem"}));
  EXPECT_TRUE(is_mistake({"sessions", "--json", "--ids"}));
  EXPECT_TRUE(is_mistake({"log-level", "web"}));
  EXPECT_TRUE(is_mistake({"log-level", "web", "debug", "--json"}));
  EXPECT_TRUE(is_mistake({"sessions", "--json", "--watch"}));
  EXPECT_TRUE(is_mistake({"sessions", "--watch", "0"}));
  EXPECT_TRUE(is_mistake({"sessions", "--origin", "nobody"}));
  EXPECT_TRUE(is_mistake({"rekey"}));
  EXPECT_TRUE(is_mistake({"revalidate", "--socket", "x", "1"}));
}

TEST_F(CommandLine, WantsASocketToAskFor) {
  EXPECT_TRUE(is_mistake({"query"}));
  EXPECT_TRUE(is_mistake({"query", "1"}));
  EXPECT_TRUE(is_mistake({"query", "1", "2", "--inherited", "3"}));
}

TEST_F(CommandLine, EndsNoSessionsByAccident) {
  EXPECT_TRUE(is_mistake({"terminate"}));
  EXPECT_TRUE(is_mistake({"terminate", "--all-matching"}));
  EXPECT_TRUE(is_mistake({"terminate", "--all-matching", "--yes"}));
  EXPECT_TRUE(is_mistake({"terminate", "--user", "alice"}));
  EXPECT_TRUE(is_mistake({"terminate", "1", "--user", "alice"}));
  EXPECT_TRUE(is_mistake({"terminate", "1", "--all-matching", "--user", "alice"}));
}

} // namespace
} // namespace ktls::command
